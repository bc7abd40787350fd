"""From delivered files to a published snapshot of the store: `python -m features.ingest`."""
