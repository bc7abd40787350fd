"""Tests of commands, config files and entry points."""
