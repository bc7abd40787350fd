"""Rows settled against each other and against the store, part by part, and written."""
