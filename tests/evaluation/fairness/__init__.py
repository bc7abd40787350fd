"""Tests of fairness tables and monitoring."""
