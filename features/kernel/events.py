"""One table's rows as integer arrays, sorted by client and time; columns are decoded when first asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from features.catalogue.families import Condition
from features.known import Knowledge, open_until, row_knowledge
from features.selection import Coded, column_matches
from features.tables import Table
from features.windows import NEVER, day_numbers, second_numbers

DAY_BITS = 21
"""Room for the days of a client inside one 64-bit sort key: 2**20 days either side of 1970."""
DAY_ZERO = 1 << (DAY_BITS - 1)


@dataclass(frozen=True)
class Rows:
    """The prediction rows: whose (position in the client list) and when (day number of as_of)."""

    client: np.ndarray
    day: np.ndarray

    def __len__(self) -> int:
        return len(self.client)

    def part(self, start: int, stop: int) -> "Rows":
        return Rows(self.client[start:stop], self.day[start:stop])


def sort_key(client: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Client and day in one number that sorts as the pair does."""
    return (client.astype(np.int64) << DAY_BITS) + (day.astype(np.int64) + DAY_ZERO)


class EventTable:
    """The rows of the wanted clients whose date `at` is set, by client, time and recording."""

    def __init__(self, table: Table, frame: pd.DataFrame, clients: pd.Index, at: str | None) -> None:
        self.table = table
        self._frame = frame
        name = at or table.time
        client = _client_numbers(frame["client_id"], clients)
        times = frame[name].to_numpy()
        day = day_numbers(times)
        kept = np.flatnonzero((client >= 0) & (day < NEVER))
        recorded = second_numbers(frame["recorded_at"].to_numpy()[kept])
        order = np.lexsort((recorded, second_numbers(times[kept]), client[kept]))
        self._places = kept[order]
        self.recorded = recorded[order]
        self.seconds = second_numbers(times[self._places])
        self.client, self.day = client[self._places], day[self._places]
        whole = row_knowledge(table, frame, at)
        self.knowledge = Knowledge(whole.first[self._places], whole.last[self._places])
        self._columns: dict[str, Coded | np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._places)

    @cached_property
    def key(self) -> np.ndarray:
        return sort_key(self.client, self.day)

    @cached_property
    def open_until(self) -> np.ndarray:
        return open_until(self.table, self._frame)[self._places]

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
        chosen = np.ones(len(self), bool)
        for name, condition in conditions.items():
            column = self._column(name)
            chosen &= column_matches(column if isinstance(column, Coded) else pd.Series(column), condition)
        return chosen

    def _column(self, name: str) -> Coded | np.ndarray:
        if name not in self._columns:
            self._columns[name] = self._decoded(name)
        return self._columns[name]

    def _decoded(self, name: str) -> Coded | np.ndarray:
        kind = self.table.by_name[name].kind
        if kind == "text":
            whole = Coded.of(self._frame[name])
            return Coded(whole.codes[self._places], whole.categories)
        values = self._frame[name].to_numpy()[self._places]
        return day_numbers(values) if kind == "time" else values.astype(np.float64)


def _client_numbers(column: pd.Series, clients: pd.Index) -> np.ndarray:
    """Position of each row's client in the wanted list; -1 for anybody else."""
    coded = Coded.of(column)
    position = np.append(clients.get_indexer(pd.Index(coded.categories, dtype=object)), -1).astype(np.int32)
    return position[coded.codes]
