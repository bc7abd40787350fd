"""Registers as they are delivered: what a mapping says, and how rows become canonical rows."""
