"""Saved scenarios and overrides of forecasts: append-only and hash-chained like the other logs."""

import sqlalchemy as sa
from alembic import op

from serving.records.migrations.columns import chain_columns, first_columns
from serving.records.migrations.triggers import forbid

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables and forbid changing or deleting what is in them."""
    op.create_table(
        "scenario_log",
        *first_columns(),
        sa.Column("scenario_id", sa.String(64), nullable=False, unique=True),
        *chain_columns(),
        sa.UniqueConstraint("actor_id", "key", name="scenario_log_once"),
    )
    op.create_table(
        "override_log",
        *first_columns(),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("series_id", sa.String(200), nullable=False),
        *chain_columns(),
        sa.UniqueConstraint("actor_id", "key", name="override_log_once"),
    )
    op.create_index("override_log_model", "override_log", ["model"])
    for table in ("scenario_log", "override_log"):
        for act in ("UPDATE", "DELETE"):
            forbid(table, act)
