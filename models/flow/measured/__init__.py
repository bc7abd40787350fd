"""What the log says of the past weeks: times and counts, where the chain is held up, and whether it went as described."""
