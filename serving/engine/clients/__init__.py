"""One client's records, and many clients' at once, as the engine holds them."""
