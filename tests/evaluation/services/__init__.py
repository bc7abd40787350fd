"""Tests of what is told of services and areas, counted in groups."""
