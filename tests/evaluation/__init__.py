"""Tests of what evaluation computes and publishes of models."""
