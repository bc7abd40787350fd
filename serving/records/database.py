"""Opens the logs where the settings say, migrated to this release's tables; every fault is one refusal."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, Engine, MetaData
from sqlalchemy.exc import SQLAlchemyError

from serving.pages.services import Unavailable
from serving.records.databases.options import WRITER
from serving.records.databases.postgres import SESSION_POOL, postgres_engine
from serving.records.databases.sqlite import alone as alone
from serving.records.databases.sqlite import sqlite_engine
from serving.refusals import refusal

LOGS_FILE = "logs.sqlite"
SESSIONS_FILE = "sessions.sqlite"
MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class Place:
    """Where the logs lie: a folder with an SQLite file, or a PostgreSQL server."""

    folder: Path
    url: URL | None = None

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return self.folder / LOGS_FILE

    def engine(self) -> Engine:
        """The database as it is, neither made nor migrated."""
        return sqlite_engine(self.file) if self.url is None else postgres_engine(self.url)

    def exists(self) -> bool:
        """False when nothing was ever logged here; a server is there as long as it answers."""
        return self.url is not None or self.file.is_file()


def open_logs(place: Place | Path) -> Engine:
    """The database of the logs, created or migrated when needed.  Raises Unavailable."""
    place = place if isinstance(place, Place) else Place(place)
    engine = place.engine() if place.url is not None else open_sqlite(place.folder, LOGS_FILE)
    try:
        with (
            guarded("opened"),
            _prepared_alone(place),
            engine.connect().execution_options(**WRITER) as connection,
            connection.begin(),  # takes the lock before Alembic, whose context is one per process
        ):
            migrate(connection)
    except Unavailable:
        engine.dispose()
        raise
    return engine


def open_sessions(place: Place, tables: MetaData) -> Engine:
    """The database of the open sessions, with `tables` in it: the server of the logs, else a file beside them.

    Raises Unavailable.  These tables are outside the migrations: a release that changes them may drop them.
    """
    server = place.url and postgres_engine(place.url, SESSION_POOL)
    engine = server or open_sqlite(place.folder, SESSIONS_FILE)
    try:
        with _prepared_alone(place), writing(engine) as connection:
            tables.create_all(connection)
    except Unavailable:
        engine.dispose()
        raise
    return engine


def open_sqlite(folder: Path, name: str) -> Engine:
    """An SQLite file in a folder that is made when needed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise _unavailable("opened") from None
    return sqlite_engine(folder / name)


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


def migrate(connection: Connection, to: str = "head") -> None:
    """Bring the tables to a release; a database of an earlier one keeps its entries."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _unavailable(act: str) -> Unavailable:
    return Unavailable(refusal(f"log_not_{act}"))


@contextmanager
def _prepared_alone(place: Place) -> Iterator[None]:
    """A server lets one writer in at a time by itself."""
    if place.url is not None:
        yield
        return
    with alone(place.folder):
        yield
