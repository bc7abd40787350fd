"""Tests of demand forecasts."""
