"""Features to a registered, measured model version: fits, searches, tracks, promotes."""
