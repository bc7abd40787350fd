"""What the log says of the past: times and counts, where a chain is held up, whether it went as described."""
