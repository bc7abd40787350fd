"""What Alembic runs: the migrations on the connection that `serving.records.database` hands over."""

from alembic import context

from serving.records.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
