"""Other ways to the same frame, each written to win: what the kernel is measured against."""
