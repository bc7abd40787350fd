"""Saved scenarios and overrides of forecasts: append-only and hash-chained like the other logs."""

import sqlalchemy as sa
from alembic import op

from serving.records.migrations.triggers import forbid

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables and forbid changing or deleting what is in them."""
    op.create_table(
        "scenario_log",
        *_first_columns(),
        sa.Column("scenario_id", sa.String(64), nullable=False, unique=True),
        *_chain_columns(),
        sa.UniqueConstraint("actor_id", "key", name="scenario_log_once"),
    )
    op.create_table(
        "override_log",
        *_first_columns(),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("series_id", sa.String(200), nullable=False),
        *_chain_columns(),
        sa.UniqueConstraint("actor_id", "key", name="override_log_once"),
    )
    op.create_index("override_log_model", "override_log", ["model"])
    for table in ("scenario_log", "override_log"):
        for act in ("UPDATE", "DELETE"):
            forbid(table, act)


def _first_columns() -> list[sa.Column]:  # type: ignore[type-arg]
    return [
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time", sa.String(24), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
    ]


def _chain_columns() -> list[sa.Column]:  # type: ignore[type-arg]
    return [
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
    ]
