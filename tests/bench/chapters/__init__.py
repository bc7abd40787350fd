"""Chapters of a benchmark that are no command of their own."""
