"""Tests of fitted models."""
