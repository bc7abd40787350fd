"""Tests of what the service says of clients."""
