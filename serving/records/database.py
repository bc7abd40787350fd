"""Opens the logs: SQLite in WAL mode, fully synchronous, one writer at a time, migrated to this release's tables."""

import fcntl
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from serving.pages.services import Unavailable
from serving.refusals import refusal

LOGS_FILE = "logs.sqlite"
SESSIONS_FILE = "sessions.sqlite"
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_SECONDS = 10
WRITER = {"luotain_writes": True}


def open_logs(folder: Path) -> Engine:
    """The database of both logs, created or migrated when needed.  Raises Unavailable."""
    engine = open_sqlite(folder, LOGS_FILE)
    with guarded("opened"), alone(folder), engine.connect().execution_options(**WRITER) as connection:
        _migrate(connection)
        connection.commit()
    return engine


def open_sqlite(folder: Path, name: str) -> Engine:
    """An SQLite file whose transactions survive a power cut and whose writers queue from their first statement."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise _unavailable("opened") from None
    engine = create_engine(f"sqlite:///{folder / name}", connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


class Opened:
    """A database that is opened at first use.  When that fails, the next use tries again: the service stays up."""

    def __init__(self, open_it: Callable[[], Engine]) -> None:
        self._open_it = open_it
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    def engine(self) -> Engine:
        """The open database.  Raises Unavailable."""
        with self._lock:
            if self._engine is None:
                self._engine = self._open_it()
            return self._engine

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds the write lock from the start; committed at the end of the block."""
    with guarded("written"), engine.connect().execution_options(**WRITER) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database."""
    with guarded("read"), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def guarded(act: str) -> Iterator[None]:
    """Turns any database fault into Unavailable: without a log there is no answer."""
    try:
        yield
    except (SQLAlchemyError, OSError):
        raise _unavailable(act) from None


def _unavailable(act: str) -> Unavailable:
    return Unavailable(refusal(f"log_not_{act}"))


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself; `_begin` does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("luotain_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(connection: Connection) -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Workers that start together prepare a database one after the other."""
    with (folder / ".prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
