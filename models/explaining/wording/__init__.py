"""Reasons in words, in three languages."""
