"""Closes the months of a log that are over, and removes the content of those whose time is over."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, func, literal, select

from serving.records.chain.checkpoints import Removal, Statements, digest_of, state
from serving.records.chain.witness import Witness
from serving.records.database import guarded, reading, writing
from serving.records.databases.settings import RetentionSettings
from serving.records.keeping.keys import checkpoint_key
from serving.records.keeping.segments import MONTH, Stored, closings, due
from serving.records.schema import CHAINED, REMOVED

BATCH = 2000


@dataclass(frozen=True)
class Kept:
    """What one run did to one log."""

    log: str
    closed: tuple[str, ...]
    removed: tuple[str, ...]
    entries: int
    """How many entries were removed."""


def close_months(engine: Engine, table: Table, witness: Witness, keep: RetentionSettings, now: datetime) -> list[str]:
    """State every month that is over and was not stated yet; their names."""
    stated = witness.statements(table.name)
    covered = max((one.last for one in stated.closings), default=0)
    with reading(engine) as connection:
        found = closings(_after(connection, table, covered), now.isoformat()[:MONTH], keep, table.name)
    for one in found:
        said = {"kind": "closing", **vars(one)}
        state(witness.folder, table.name, said, checkpoint_key(witness.keys), now)
    return [one.month for one in found]


def remove_due(engine: Engine, table: Table, witness: Witness, now: datetime) -> tuple[list[str], int]:
    """Remove the months whose time is over; their names and how many entries they had.

    The statement is on the disk before the entries go: a run that dies in between is finished by the next one.
    """
    finish_removals(engine, table, witness.statements(table.name))
    months = due(witness.statements(table.name), now.date())
    for month in months:
        with reading(engine) as connection:
            digest = digest_of(_hashes(connection, table, month.first, month.last))
        removal = Removal(month.month, month.first, month.last, digest)
        state(witness.folder, table.name, {"kind": "removal", **vars(removal)}, checkpoint_key(witness.keys), now)
        finish_removals(engine, table, witness.statements(table.name))
    return [one.month for one in months], sum(one.last - one.first + 1 for one in months)


def finish_removals(engine: Engine, table: Table, said: Statements) -> None:
    """Let every stated removal be done: the hashes are kept, the entries gone."""
    for removal in said.removals:
        inside = table.c.seq.between(removal.first, removal.last)
        with writing(engine) as connection:
            if not connection.execute(select(func.count()).select_from(table).where(inside)).scalar_one():
                continue
            chosen = select(literal(table.name), table.c.seq, table.c.hash).where(inside)
            connection.execute(REMOVED.insert().from_select(["log", "seq", "hash"], chosen))
            connection.execute(delete(table).where(inside))


def purge_pages(engine: Engine) -> None:
    """Let the database give the removed bytes up: they must not linger in the write-ahead log or in dead rows."""
    with guarded("written"), closing(engine.raw_connection()) as held:
        driver: Any = held.driver_connection
        if engine.dialect.name == "sqlite":
            # `secure_delete` has overwritten the rows already; VACUUM would lock the log for as long as it is long.
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        driver.autocommit = True
        for table in CHAINED:
            driver.execute(f"VACUUM {table.name}")
        driver.autocommit = False


def newest_time(engine: Engine) -> str:
    """The time of the newest audit entry, by number; empty when there is none."""
    table = CHAINED[0]
    with reading(engine) as connection:
        row = connection.execute(select(table.c.time).order_by(table.c.seq.desc()).limit(1)).first()
    return str(row.time) if row else ""


def _after(connection: Connection, table: Table, covered: int) -> Iterator[Stored]:
    query = select(table.c.seq, table.c.hash, table.c.time, table.c.entry).where(table.c.seq > covered)
    with connection.execution_options(yield_per=BATCH).execute(query.order_by(table.c.seq)) as rows:
        for row in rows:
            yield Stored(row.seq, row.hash, row.time, json.loads(row.entry))


def _hashes(connection: Connection, table: Table, first: int, last: int) -> list[str]:
    query = select(table.c.hash).where(table.c.seq.between(first, last)).order_by(table.c.seq)
    return [str(row.hash) for row in connection.execute(query)]
