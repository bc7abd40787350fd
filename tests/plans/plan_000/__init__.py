"""Rows 000-* of the county plans, on the small county."""
