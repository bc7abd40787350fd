"""The service under load: open loop, two workers, every answer read, explained and logged."""
