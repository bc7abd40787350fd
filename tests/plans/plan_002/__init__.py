"""Rows 002-* of the county plans, on the small county."""
