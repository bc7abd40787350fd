"""The tables of the logs.  The columns beside `entry` are copies for searching; the verifier compares them with it."""

from functools import cache

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

METADATA = MetaData()


def _by_whom() -> tuple[Column, ...]:  # type: ignore[type-arg]
    """When, under which key of a form sent once, and by whom."""
    return (
        Column("time", String(24), nullable=False),
        Column("key", String(200), nullable=False),
        Column("actor_id", String(200), nullable=False),
        Column("role", String(40), nullable=False),
    )


def _chained() -> tuple[Column, ...]:  # type: ignore[type-arg]
    """The entry itself and its place in the chain."""
    return (
        Column("entry", Text, nullable=False),
        Column("prev_hash", String(64), nullable=False),
        Column("hash", String(64), nullable=False, unique=True),
    )


def _kept(name: str, *more: Column | Index) -> Table:  # type: ignore[type-arg]
    """A log of acts that are each kept once per key: who, what is looked up, the entry, its place in the chain."""
    own = [one for one in more if isinstance(one, Column)]
    return Table(
        name,
        METADATA,
        Column("seq", Integer, primary_key=True, autoincrement=False),
        *_by_whom(),
        *own,
        *_chained(),
        UniqueConstraint("actor_id", "key", name=f"{name}_once"),
        *(one for one in more if isinstance(one, Index)),
    )


AUDIT_LOG = Table(
    "audit_log",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("time", String(24), nullable=False),
    Column("event", String(40), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("actor_id", String(200), nullable=False),
    Column("role", String(40), nullable=False),
    Column("client_id", String(32)),
    Column("answer_id", String(40)),
    *_chained(),
    Index("audit_log_answer", "answer_id"),
    Index("audit_log_client", "client_id", "time"),
    Index("audit_log_filters", "event", "outcome", "role"),
    Index("audit_log_time", "time"),
    Index("audit_log_own", "actor_id", "event", "seq"),
)

DECISION_LOG = Table(
    "decision_log",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("decision_id", String(40), nullable=False, unique=True),
    *_by_whom(),
    Column("client_id", String(32), nullable=False),
    Column("choice", String(20), nullable=False),
    *_chained(),
    UniqueConstraint("actor_id", "key", name="decision_log_once"),
    Index("decision_log_client", "client_id", "time"),
)

SCENARIO_LOG = _kept(
    "scenario_log",
    Column("scenario_id", String(64), nullable=False, unique=True),
)

OVERRIDE_LOG = _kept(
    "override_log",
    Column("model", String(200), nullable=False),
    Column("series_id", String(200), nullable=False),
    Index("override_log_model", "model"),
)

EMERGENCY_LOG = _kept(
    "emergency_log",
    Column("emergency_id", String(40), nullable=False),
    Column("act", String(10), nullable=False),
    Column("client_id", String(32), nullable=False),
    Index("emergency_log_open", "actor_id", "client_id"),
)

REMOVED = Table(
    "removed_entries",
    METADATA,
    Column("log", String(40), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
)
"""What stays of entries whose time is over."""

OWN_VIEW_LOG = _kept(
    "own_view_log",
    Column("client_id", String(32), nullable=False),
    Column("day", String(10), nullable=False),
    Index("own_view_log_case", "actor_id", "client_id", "day"),
)

REVIEW_DRAW_LOG = _kept(
    "review_draw_log",
    Column("unit", String(200), nullable=False),
    Column("period", String(7), nullable=False),
    Index("review_draw_log_unit", "unit", "period"),
)

REVIEW_LOG = _kept(
    "review_log",
    Column("unit", String(200), nullable=False),
    Column("period", String(7), nullable=False),
    Column("client_id", String(32), nullable=False),
    Index("review_log_unit", "unit", "period"),
)

ALERT_LOG = _kept(
    "alert_log",
    Column("client_id", String(32), nullable=False),
    Column("alert", String(80), nullable=False),
    Column("choice", String(10), nullable=False),
    Index("alert_log_client", "client_id", "alert"),
)

CHAINED = (
    AUDIT_LOG,
    DECISION_LOG,
    SCENARIO_LOG,
    OVERRIDE_LOG,
    OWN_VIEW_LOG,
    REVIEW_DRAW_LOG,
    REVIEW_LOG,
    EMERGENCY_LOG,
    ALERT_LOG,
)


@cache
def copied_columns(table: Table) -> tuple[str, ...]:
    """The columns whose value is copied out of `entry`."""
    return tuple(column.name for column in table.columns if column.name not in ("entry", "prev_hash", "hash"))
