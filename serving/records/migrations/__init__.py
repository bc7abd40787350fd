"""Alembic migrations of the logs; `serving.records.database` runs them when it opens the logs."""
