"""Which rows are learned from, which are measured, and what their labels are."""
