"""Is a live model still asked about the world it was made for: drift, estimated and realised performance, oversight."""
