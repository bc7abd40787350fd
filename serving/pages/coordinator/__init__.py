"""The coordinator's further pages: the client's file, her letter, the own view first, and the random sample."""
