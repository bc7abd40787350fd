"""Tests of need tasks."""
