"""Columns that every log of the service begins and ends with."""

import sqlalchemy as sa


def first_columns() -> list[sa.Column]:  # type: ignore[type-arg]
    """Place, time, key and who."""
    return [
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("time", sa.String(24), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
    ]


def chain_columns() -> list[sa.Column]:  # type: ignore[type-arg]
    """The entry itself and its place in the chain."""
    return [
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
    ]
