"""Own views given before a proposal, random samples of clients not selected, and what their review found."""

import sqlalchemy as sa
from alembic import op

from serving.records.migrations.columns import chain_columns, first_columns
from serving.records.migrations.triggers import forbid, forbid_delete_of_unkept

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables, append-only like the other logs, and an index for a person's own earlier visits."""
    op.create_table(
        "own_view_log",
        *first_columns(),
        sa.Column("client_id", sa.String(32), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        *chain_columns(),
        sa.UniqueConstraint("actor_id", "key", name="own_view_log_once"),
    )
    op.create_index("own_view_log_case", "own_view_log", ["actor_id", "client_id", "day"])
    for table, more in (
        ("review_draw_log", ()),
        ("review_log", (sa.Column("client_id", sa.String(32), nullable=False),)),
    ):
        op.create_table(
            table,
            *first_columns(),
            sa.Column("unit", sa.String(200), nullable=False),
            sa.Column("period", sa.String(7), nullable=False),
            *more,
            *chain_columns(),
            sa.UniqueConstraint("actor_id", "key", name=f"{table}_once"),
        )
        op.create_index(f"{table}_unit", table, ["unit", "period"])
    op.create_index("audit_log_own", "audit_log", ["actor_id", "event", "seq"])
    for table in ("own_view_log", "review_draw_log", "review_log"):
        forbid(table, "UPDATE")
        forbid_delete_of_unkept(table)
        forbid(table, "TRUNCATE")
