"""Tests of metrics, worked by hand."""
