"""A hash-chained table: append one entry, read entries for the verifier, name the first bad one."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, func, select

from models.chain import GENESIS, ChainedEntry, Checkpoint, append, canonical_json, head, verify
from serving.records.database import reading
from serving.records.schema import copied_columns

BATCH = 1000
"""Rows fetched at once by the verifier."""


@dataclass(frozen=True)
class Verified:
    """The state of one chain: how many entries it has and the first bad one, if any."""

    log: str
    entries: int
    first_bad: int | None
    head: Checkpoint


def last_of(connection: Connection, table: Table) -> Checkpoint:
    """The chain's head inside the caller's transaction."""
    row = connection.execute(select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)).first()
    return Checkpoint(row.seq, row.hash) if row else GENESIS


def append_to(connection: Connection, table: Table, values: Mapping[str, Any]) -> Checkpoint:
    """Chain `values` to the end of `table` in the caller's writing transaction."""
    chained = append(last_of(connection, table), values)
    copies = {name: chained.entry[name] for name in copied_columns(table)}
    text = canonical_json(chained.entry).decode("ascii")
    connection.execute(table.insert().values(entry=text, prev_hash=chained.prev_hash, hash=chained.hash, **copies))
    return head(chained)


def verify_table(engine: Engine, table: Table, checkpoints: tuple[Checkpoint, ...] = ()) -> Verified:
    """Read the whole log and check every link.  Raises Unavailable when it cannot be read."""
    with reading(engine) as connection:
        first_bad = verify(_entries(connection, table), checkpoints=checkpoints)
        count = connection.execute(select(func.count()).select_from(table)).scalar_one()
        return Verified(table.name, count, first_bad, last_of(connection, table))


def _entries(connection: Connection, table: Table) -> Iterator[ChainedEntry]:
    rows = connection.execution_options(yield_per=BATCH).execute(select(table).order_by(table.c.seq))
    return (_chained(row, copied_columns(table)) for row in rows)


def _chained(row: Row[Any], copies: tuple[str, ...]) -> ChainedEntry:
    """The stored entry; one that is no JSON, or whose copied columns differ from it, becomes one that cannot hold."""
    stored = row._mapping
    try:
        entry = json.loads(stored["entry"])
    except ValueError:
        return ChainedEntry({}, stored["prev_hash"], "")
    same = isinstance(entry, dict) and all(name in entry and entry[name] == stored[name] for name in copies)
    return ChainedEntry(entry if same else {}, stored["prev_hash"], stored["hash"])
