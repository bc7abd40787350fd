"""Tests of signing in, tokens and rights."""
