"""Rows 001-* of the county plans, on the small county."""
