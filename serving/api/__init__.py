"""The JSON API: what a caller may ask, and the finished HTTP answers."""
