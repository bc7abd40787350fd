"""PostgreSQL: one writer at a time by an advisory lock, every wait limited, commits on the disk."""

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from serving.records.databases.options import is_writing

LOCK = 0x4C756F7461696E  # "Luotain"
"""The advisory lock of the chain's end; held until the transaction ends."""
CONNECT_SECONDS = 5
LOCK_SECONDS = 10
"""How long a writer waits for another one, like SQLite's."""
STATEMENT_SECONDS = 60
POOL = 8
"""Connections of one worker; a request that finds none within LOCK_SECONDS is 503."""
SESSION_POOL = 3
"""The same for sessions, and again for sign-ins: one short statement each."""


def postgres_engine(url: URL, pool: int = POOL) -> Engine:
    """A server whose network may be slow, half-open or gone: every wait ends.  Opens nothing yet."""
    limits = {
        "lock_timeout": LOCK_SECONDS * 1000,
        "statement_timeout": STATEMENT_SECONDS * 1000,
        "idle_in_transaction_session_timeout": STATEMENT_SECONDS * 1000,
    }
    connect = {
        "connect_timeout": CONNECT_SECONDS,
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        "application_name": "luotain",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": STATEMENT_SECONDS * 1000,
    }
    engine = create_engine(
        url,
        connect_args=connect,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=LOCK_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    """A commit that returns is on the disk, whatever the server's default says; a stricter default stays."""
    with connection.cursor() as cursor:
        if cursor.execute("SHOW synchronous_commit").fetchone()[0] in ("off", "local"):
            cursor.execute("SET synchronous_commit = on")
    connection.commit()


def _begin(connection: Connection) -> None:
    if is_writing(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
