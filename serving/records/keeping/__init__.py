"""Keeping the logs: keys of the checkpoints, months that end, entries whose time is over, and the clock."""
