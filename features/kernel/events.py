"""One table's rows as integer arrays, each client's together and by time; columns are decoded when first asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from features.catalogue.families import Condition
from features.columnar import Coded, Columns, as_columns
from features.kernel.loops import client_runs
from features.known import Knowledge, open_until, row_knowledge
from features.selection import column_matches
from features.tables import TABLES, Table
from features.windows import NEVER

FEW = 4_096
"""Rows for which it is worth remembering where a condition holds."""


@dataclass(frozen=True)
class Rows:
    """The prediction rows: whose (position in the client list) and when (day number of as_of)."""

    client: np.ndarray
    day: np.ndarray

    def __len__(self) -> int:
        return len(self.client)

    def part(self, start: int, stop: int) -> "Rows":
        return Rows(self.client[start:stop], self.day[start:stop])


@dataclass(frozen=True)
class Clients:
    """Whose events are wanted: ids in the order of their numbers."""

    ids: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        return {client: number for number, client in enumerate(self.ids)}

    def numbers_of(self, column: Coded) -> np.ndarray:
        """Number of each row's client; -1 for anybody else."""
        if column.categories is self.ids:
            return column.codes
        found = [self.numbers.get(client, -1) for client in column.categories]
        return np.array([*found, -1], np.int32)[column.codes]


class EventTable:
    """The rows of the wanted clients whose date `at` is set, by client, time and recording."""

    def __init__(self, table: Table, columns: Columns, clients: Clients, at: str | None) -> None:
        self.table = table
        self._columns = columns
        self._at = at or table.time
        self._places: np.ndarray | None = None
        """Places in the table as it came; None when its rows lay in order."""
        self.day, self.seconds = columns.days(self._at), columns.values(self._at)
        self.recorded = columns.values("recorded_at")
        client = clients.numbers_of(columns.text("client_id"))
        if not self._find_runs(client, len(clients)):
            self._places = self._sorted(client)
            self.day, self.seconds, self.recorded = map(self._own, (self.day, self.seconds, self.recorded))
            self._find_runs(client[self._places], len(clients))
        whole = row_knowledge(table, columns, at)
        self.knowledge = Knowledge(self._own(whole.first), self._own(whole.last))
        self._decoded: dict[str, Coded | np.ndarray] = {}
        self._holding: dict[tuple[str, Condition], np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.day)

    @cached_property
    def open_until(self) -> np.ndarray:
        return self._own(open_until(self.table, self._columns))

    @cached_property
    def client(self) -> np.ndarray:
        """The number of each row's client; -1 for a client that nobody asked for."""
        client = np.full(len(self), -1, np.int32)
        for number in range(len(self.begin)):
            client[self.begin[number] : self.end[number]] = number
        return client

    def text(self, name: str) -> Coded:
        """A text column as codes."""
        column = self._column(name)
        assert isinstance(column, Coded), f"{self.table.name}.{name} is no text"
        return column

    def number(self, name: str) -> np.ndarray:
        """A number column as float64 (NaN = missing), a date column as day numbers."""
        column = self._column(name)
        assert isinstance(column, np.ndarray), f"{self.table.name}.{name} is text"
        return column

    def where(self, conditions: Mapping[str, Condition]) -> np.ndarray:
        """True for the rows where every condition holds."""
        chosen: np.ndarray | None = None
        for name, condition in conditions.items() if len(self) else ():
            holds = self._holds(name, condition)
            chosen = holds if chosen is None else chosen & holds
        return np.ones(len(self), bool) if chosen is None else chosen

    def _holds(self, name: str, condition: Condition) -> np.ndarray:
        """Where one condition holds; remembered for the few rows of one client, whose filters have much in common."""
        if len(self) > FEW:
            return column_matches(self._column(name), condition)
        found = self._holding.get((name, condition))
        if found is None:
            found = self._holding[name, condition] = column_matches(self._column(name), condition)
        return found

    def _find_runs(self, client: np.ndarray, clients: int) -> bool:
        """Where each client's rows begin and end; False when they do not lie in order."""
        self.begin, self.end = np.zeros(clients, np.int64), np.zeros(clients, np.int64)
        return bool(client_runs(client, self.day, self.seconds, self.recorded, self.begin, self.end))

    def _sorted(self, client: np.ndarray) -> np.ndarray:
        kept = np.flatnonzero((client >= 0) & (self.day < NEVER))
        return kept[np.lexsort((self.recorded[kept], self.seconds[kept], client[kept]))]

    def _own(self, whole: np.ndarray) -> np.ndarray:
        return whole if self._places is None else whole[self._places]

    def _column(self, name: str) -> Coded | np.ndarray:
        found = self._decoded.get(name)
        if found is None:
            found = self._decoded[name] = self._decode(name)
        return found

    def _decode(self, name: str) -> Coded | np.ndarray:
        kind = self.table.by_name[name].kind
        if kind == "text":
            whole = self._columns.text(name)
            return Coded(self._own(whole.codes), whole.words)
        if kind == "time":
            return self._own(self._columns.days(name))
        return self._own(self._columns.values(name)).astype(np.float64, copy=False)


@dataclass
class Tables:
    """The packed tables of one call, each put in order once per date that a family counts by."""

    frames: Mapping[str, pd.DataFrame | Columns]
    clients: Clients
    columns: dict[str, Columns] = field(default_factory=dict)
    packed: dict[tuple[str, str | None], EventTable] = field(default_factory=dict)

    def events(self, table: str, at: str | None = None) -> EventTable:
        """The table's rows by one of its dates (default: its own)."""
        key = (table, at if at != TABLES[table].time else None)
        found = self.packed.get(key)
        if found is None:
            if table not in self.columns:
                self.columns[table] = as_columns(self.frames[table])
            found = self.packed[key] = EventTable(TABLES[table], self.columns[table], self.clients, key[1])
        return found
