"""The two databases that the logs may lie in: an SQLite file beside the data, or a PostgreSQL server."""
