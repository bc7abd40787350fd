"""Which need goes to which channel: a linear programme with the digitally excluded protected."""
