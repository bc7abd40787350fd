"""Outcome rules, one table of cases for each."""
