"""The same way in small."""
