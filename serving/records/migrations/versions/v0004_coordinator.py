"""Own views given before a proposal, random samples of clients not selected, and what their review found."""

import sqlalchemy as sa
from alembic import op

from serving.records.migrations.triggers import forbid, forbid_delete_of_unkept

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables, append-only like the other logs, and an index for a person's own earlier visits."""
    op.create_table(
        "own_view_log",
        *_first_columns(),
        sa.Column("client_id", sa.String(32), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        *_chain_columns(),
        sa.UniqueConstraint("actor_id", "key", name="own_view_log_once"),
    )
    op.create_index("own_view_log_case", "own_view_log", ["actor_id", "client_id", "day"])
    for table, more in (
        ("review_draw_log", ()),
        ("review_log", (sa.Column("client_id", sa.String(32), nullable=False),)),
    ):
        op.create_table(
            table,
            *_first_columns(),
            sa.Column("unit", sa.String(200), nullable=False),
            sa.Column("period", sa.String(7), nullable=False),
            *more,
            *_chain_columns(),
            sa.UniqueConstraint("actor_id", "key", name=f"{table}_once"),
        )
        op.create_index(f"{table}_unit", table, ["unit", "period"])
    op.create_index("audit_log_own", "audit_log", ["actor_id", "event", "seq"])
    for table in ("own_view_log", "review_draw_log", "review_log"):
        forbid(table, "UPDATE")
        forbid_delete_of_unkept(table)
        forbid(table, "TRUNCATE")


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
