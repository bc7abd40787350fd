"""What stays of an entry whose time is over: its number and its hash, so that the chain still verifies."""

import sqlalchemy as sa
from alembic import op

from serving.records.migrations.triggers import forbid, forbid_delete_of_unkept

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

LOGS = ("audit_log", "decision_log", "scenario_log", "override_log")


def upgrade() -> None:
    """Create the table of kept hashes; an entry may be deleted only when its hash is there."""
    op.create_table(
        "removed_entries",
        sa.Column("log", sa.String(40), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("audit_log_time", "audit_log", ["time"])
    for act in ("UPDATE", "DELETE", "TRUNCATE"):
        forbid("removed_entries", act)
    for table in LOGS:
        forbid_delete_of_unkept(table)
        forbid(table, "TRUNCATE")
