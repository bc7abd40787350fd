"""What professionals decided about single alerts: append-only and hash-chained like the other logs."""

import sqlalchemy as sa
from alembic import op

from serving.records.migrations.columns import chain_columns, first_columns
from serving.records.migrations.triggers import forbid, forbid_delete_of_unkept

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLE = "alert_log"


def upgrade() -> None:
    """Create the table and forbid changing or deleting what is in it."""
    op.create_table(
        TABLE,
        *first_columns(),
        sa.Column("client_id", sa.String(32), nullable=False),
        sa.Column("alert", sa.String(80), nullable=False),
        sa.Column("choice", sa.String(10), nullable=False),
        *chain_columns(),
        sa.UniqueConstraint("actor_id", "key", name="alert_log_once"),
    )
    op.create_index("alert_log_client", TABLE, ["client_id", "alert"])
    forbid(TABLE, "UPDATE")
    forbid_delete_of_unkept(TABLE)
    forbid(TABLE, "TRUNCATE")
