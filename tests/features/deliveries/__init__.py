"""Tests of deliveries, from a simulated or profiled county to accepted rows."""
