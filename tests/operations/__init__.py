"""Running it for real: what is deployed, how it starts and stops, what it survives."""
