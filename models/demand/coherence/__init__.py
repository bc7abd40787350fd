"""Forecasts that add up over areas and over time, with intervals calibrated after the summing."""
