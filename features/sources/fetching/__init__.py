"""How a delivery comes here: as a file, packed, or asked from a database."""
