"""The service's desk, where a right is checked, an answer worked out and logged."""
