"""Registers to what was known about a client on a date, and to demand series."""
