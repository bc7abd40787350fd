"""Verification while the service runs: the whole log now and then, and from the last verified entry on in between."""
