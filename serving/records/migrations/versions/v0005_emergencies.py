"""Emergency access to another unit's client: append-only and hash-chained like the other logs."""

import sqlalchemy as sa
from alembic import op

from serving.records.migrations.columns import chain_columns, first_columns
from serving.records.migrations.triggers import forbid, forbid_delete_of_unkept

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLE = "emergency_log"


def upgrade() -> None:
    """Create the table and forbid changing or deleting what is in it."""
    op.create_table(
        TABLE,
        *first_columns(),
        sa.Column("emergency_id", sa.String(40), nullable=False),
        sa.Column("act", sa.String(10), nullable=False),
        sa.Column("client_id", sa.String(32), nullable=False),
        *chain_columns(),
        sa.UniqueConstraint("actor_id", "key", name="emergency_log_once"),
    )
    op.create_index("emergency_log_open", TABLE, ["actor_id", "client_id"])
    forbid(TABLE, "UPDATE")
    forbid_delete_of_unkept(TABLE)
    forbid(TABLE, "TRUNCATE")
