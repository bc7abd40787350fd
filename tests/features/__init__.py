"""Tests of the store, histories and demand series."""
