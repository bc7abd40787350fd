"""Tests of service chains."""
