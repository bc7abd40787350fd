"""The audit log and the decision log: append-only and hash-chained."""

import sqlalchemy as sa
from alembic import op

from serving.records.migrations.triggers import forbid

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both logs and forbid changing or deleting what is in them."""
    op.create_table(
        "audit_log",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time", sa.String(24), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("client_id", sa.String(32)),
        sa.Column("answer_id", sa.String(40)),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
    )
    op.create_index("audit_log_answer", "audit_log", ["answer_id"])
    op.create_index("audit_log_client", "audit_log", ["client_id", "time"])
    op.create_index("audit_log_filters", "audit_log", ["event", "outcome", "role"])
    op.create_table(
        "decision_log",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("decision_id", sa.String(40), nullable=False, unique=True),
        sa.Column("time", sa.String(24), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("client_id", sa.String(32), nullable=False),
        sa.Column("choice", sa.String(20), nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.UniqueConstraint("actor_id", "key", name="decision_log_once"),
    )
    op.create_index("decision_log_client", "decision_log", ["client_id", "time"])
    for table in ("audit_log", "decision_log"):
        for act in ("UPDATE", "DELETE"):
            forbid(table, act)
