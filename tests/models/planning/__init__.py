"""Tests of scenarios, overrides, staffing and channels."""
