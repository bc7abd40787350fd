"""Computing a logged answer once more, from nothing but the snapshot, the bundle and what the entry says of both."""
