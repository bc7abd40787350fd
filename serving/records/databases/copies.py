"""Backup and restore of the logs: a copy that holds everything committed when it began, and what to compare it by.

SQLite: its own online copy, while the service runs.  PostgreSQL: pg_dump and pg_restore, the password in the
environment and never on the command line.
"""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Engine, func, select

from configs.errors import ConfigError, DataError
from serving.records.chain.chained import last_of
from serving.records.database import LOGS_FILE, Place, reading
from serving.records.schema import CHAINED, REMOVED

DUMP = "logs.dump"
TABLES = (*(table.name for table in CHAINED), REMOVED.name, "alembic_version")


@dataclass(frozen=True)
class Counted:
    """What one log holds: equal on both sides of a restore."""

    entries: int
    removed: int
    head_seq: int
    head_hash: str


def counted(engine: Engine) -> Mapping[str, Counted]:
    """Counts and heads of every log, at one moment."""
    found: dict[str, Counted] = {}
    with reading(engine) as connection:
        for table in CHAINED:
            entries = connection.execute(select(func.count()).select_from(table)).scalar_one()
            of_log = select(func.count()).select_from(REMOVED).where(REMOVED.c.log == table.name)
            head = last_of(connection, table)
            found[table.name] = Counted(entries, connection.execute(of_log).scalar_one(), head.seq, head.hash)
    return found


def back_up(place: Place, folder: Path) -> Path:
    """A copy of the logs in `folder`, with this moment's entries or later ones.  Raises DataError or ConfigError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = folder / (LOGS_FILE if place.url is None else DUMP)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    if place.url is None:
        with closing(sqlite3.connect(place.file)) as source, closing(sqlite3.connect(draft)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a write-ahead log beside it
    else:
        tables = [word for name in TABLES for word in ("--table", name)]
        _run("pg_dump", place.url, ["--format=custom", "--no-owner", *tables, "--file", str(draft)])
    draft.chmod(0o600)
    draft.replace(target)
    return target


def restore(place: Place, copy: Path) -> None:
    """Put a copy where there are no logs.  Raises DataError when there are some: nothing is ever overwritten."""
    if not copy.is_file():
        raise DataError(f"There is no backup {copy.name}. Name the file that the backup wrote.")
    if place.url is None:
        if place.file.exists():
            raise DataError("There is a log already. Move it away and keep it, then restore.")
        place.folder.mkdir(parents=True, exist_ok=True)
        draft = place.file.with_name(f".{LOGS_FILE}.{os.getpid()}")
        shutil.copyfile(copy, draft)
        draft.replace(place.file)
        return
    _refuse_tables(place)
    _run("pg_restore", place.url, ["--no-owner", "--exit-on-error", "--single-transaction", str(copy)], dbname=True)


def _refuse_tables(place: Place) -> None:
    engine = place.engine()
    try:
        with reading(engine) as connection:
            there = connection.dialect.has_table(connection, CHAINED[0].name)
    finally:
        engine.dispose()
    if there:
        raise DataError("The database holds logs already. Restore into an empty one, and keep the old one.")


def _run(program: str, url: URL, arguments: Sequence[str], dbname: bool = False) -> None:
    where = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    where["PGDATABASE"] = url.database
    variables = {name: str(value) for name, value in where.items() if value}
    words = [_found(program), *(["--dbname", str(url.database)] if dbname else []), *arguments]
    done = subprocess.run(words, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    if done.returncode:
        first = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise DataError(f"{program} refused: {first}")


def _found(program: str) -> str:
    """The program of the newest client software: an older one cannot read a newer server."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda file: int(file.parts[-3]))
    found = str(debian[-1]) if debian else shutil.which(program)
    if found is None:
        raise ConfigError(f"{program} is not installed. Install PostgreSQL's client software, e.g. postgresql-client.")
    return found
