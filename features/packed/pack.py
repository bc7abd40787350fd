"""Packs a snapshot bucket by bucket: each table by client, text as numbers into one list of words per column."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from features.columnar import Coded, Columns
from features.packed.sections import SectionWriter, new_sections
from features.store import Snapshot, read_columns
from features.tables import TABLES, Table

FORMAT = 2
KINDS = {"text": "<i4", "time": "<i8", "integer": "<f8", "number": "<f8", "flag": "|b1"}
CLIENTS, BUCKETS = "clients", "buckets"


def pack(snapshot: Snapshot, file: Path) -> None:
    """Write the packed file of a snapshot; it appears under its name only when it is whole."""
    with new_sections(file) as writer:
        tables = [PackedTable(table, snapshot, writer) for table in packed_tables()]
        people = [_pack_bucket(snapshot, bucket, tables) for bucket in range(snapshot.n_buckets)]
        writer.add(CLIENTS, np.concatenate(people))
        writer.add(BUCKETS, np.concatenate(([0], np.cumsum([len(own) for own in people]))))
        for table in tables:
            table.finish()
        writer.finish({"format": FORMAT, "snapshot": snapshot.sha256, "n_buckets": snapshot.n_buckets})


def packed_tables() -> tuple[Table, ...]:
    """The tables whose rows belong to clients."""
    return tuple(table for table in TABLES.values() if table.has_client)


def packed_columns(table: Table) -> tuple[str, ...]:
    """Every column but the client, which is the key."""
    return tuple(column.name for column in table.columns if column.name != "client_id")


def time_columns(table: Table) -> tuple[str, ...]:
    """Columns that are kept as seconds and as days: the kernel asks for days."""
    return tuple(column.name for column in table.columns if column.kind == "time")


def _pack_bucket(snapshot: Snapshot, bucket: int, tables: list["PackedTable"]) -> np.ndarray:
    """Write a bucket's rows; its clients in order."""
    found = {one.table.name: read_columns(snapshot, one.table.name, bucket) for one in tables}
    everyone = {client for columns in found.values() for client in columns.text("client_id").present()}
    people = np.array(sorted(client.encode() for client in everyone), "S")
    numbers = {client.decode(): number for number, client in enumerate(people.tolist())}
    for one in tables:
        one.put(found[one.table.name], numbers)
    return people


class PackedTable:
    """One table while it is written."""

    def __init__(self, table: Table, snapshot: Snapshot, writer: SectionWriter) -> None:
        self.table = table
        self._writer = writer
        self._rows = 0
        self._ends = [np.zeros(1, np.int64)]
        self._words: dict[str, dict[str, int]] = {}
        rows = sum(entry.rows for entry in snapshot.tables.get(table.name, ()))
        for name in packed_columns(table):
            writer.reserve(f"{table.name}/{name}", KINDS[table.by_name[name].kind], rows)
        for name in time_columns(table):
            writer.reserve(f"{table.name}/{name}/days", "<i4", rows)

    def put(self, columns: Columns, numbers: Mapping[str, int]) -> None:
        """Write one bucket's rows by client; rows of one client stay in the order of the store."""
        text = columns.text("client_id")
        number = np.array([numbers.get(client, 0) for client in text.categories], np.int64)[text.codes]
        order = np.argsort(number, kind="stable")
        for name in packed_columns(self.table):
            self._writer.put(f"{self.table.name}/{name}", self._rows, self._plain(name, columns)[order])
        for name in time_columns(self.table):
            self._writer.put(f"{self.table.name}/{name}/days", self._rows, columns.days(name)[order])
        counts = np.bincount(number, minlength=len(numbers)) if len(numbers) else np.zeros(0, np.int64)
        self._ends.append(self._rows + np.cumsum(counts))
        self._rows += len(columns)

    def finish(self) -> None:
        """Write where each client's rows end, and the words."""
        self._writer.add(f"{self.table.name}/ends", np.concatenate(self._ends))
        for name, words in self._words.items():
            encoded = [word.encode() for word in words]
            self._writer.add(f"{self.table.name}/{name}/words", np.frombuffer(b"".join(encoded), np.uint8))
            self._writer.add(f"{self.table.name}/{name}/ends", np.cumsum([0, *map(len, encoded)]))

    def _plain(self, name: str, columns: Columns) -> np.ndarray:
        column = columns[name]
        if not isinstance(column, Coded):
            return column
        words = self._words.setdefault(name, {})
        code = [words.setdefault(str(text), len(words)) for text in column.categories]
        return np.array([*code, -1], np.int32)[column.codes]
