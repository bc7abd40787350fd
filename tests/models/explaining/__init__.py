"""Tests of reasons, their words, and what would change an answer."""
