"""Tests of the service's API."""
