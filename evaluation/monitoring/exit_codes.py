"""What `python -m evaluation.monitor` returns to a scheduler when it could do its work."""

QUIET, ALARM = 0, 10
