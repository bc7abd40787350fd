"""Counts over the store, one bucket in memory at a time; no row and no client leaves this module."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
import pandas as pd

from evaluation.quality.fields import STATES, checked_columns, states
from features.source_catalogue import Source
from features.store import Snapshot, read_table
from features.tables import TABLES, Column, Table

ORIGIN: Final = np.datetime64("1990-01", "M")
MONTHS: Final = 12 * 80
LONGEST: Final = 365
"""Longest recording delay counted (days); the last place holds all longer ones."""
DAY: Final = np.timedelta64(86_400, "s")
OVER_AT: Final = {"capacity": "period_end"}
"""Tables whose row can be recorded only when its period is over."""
K = TypeVar("K")


@dataclass(frozen=True)
class Place:
    """Where rows were recorded: one unit of one source instance."""

    source: str
    unit: str


@dataclass
class TableCounts:
    """What was counted in one table."""

    table: Table
    declared: Mapping[str, Source] = field(default_factory=dict)
    """What the source catalogue says of each source."""
    cells: dict[tuple[Place, str], np.ndarray] = field(default_factory=dict)
    """(place, field) to the number of cells in each state."""
    monthly: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    """(source, field) to months x states."""
    codes: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    """(source, field with a declared code list) to months x codes."""
    delays: dict[Place, np.ndarray] = field(default_factory=dict)
    """Rows recorded within n days of the event: place n holds those in (n - 1, n]."""
    late: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    """(source, "") to months x (in time, late)."""
    loaded: dict[str, int] = field(default_factory=dict)
    """Rows whose event is older than what the source observes: a first load is no late recording."""
    first: dict[str, np.datetime64] = field(default_factory=dict)
    """Source to the first month that it observes: recorded, and covered for some municipality."""

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(sorted(self.first))

    @property
    def columns(self) -> tuple[Column, ...]:
        return checked_columns(self.table)

    def limit(self, source: str) -> int:
        """Days that the source says recording takes; so many that nothing is late when it says nothing."""
        return self.declared[source].recording_delay_days if source in self.declared else LONGEST


@dataclass(frozen=True)
class Rows:
    """Rows of one bucket by number: where each was recorded, and in which month it happened."""

    place: np.ndarray
    places: Sequence[Place]
    source: np.ndarray
    sources: Sequence[str]
    month: np.ndarray
    inside: np.ndarray
    """The month is one that the source observes."""


def count_store(
    snapshot: Snapshot, declared: Mapping[str, Source], tables: Sequence[str] = tuple(TABLES)
) -> dict[str, TableCounts]:
    """Every table that has rows."""
    return {name: count_table(snapshot, TABLES[name], declared) for name in tables if snapshot.tables.get(name, ())}


def count_table(snapshot: Snapshot, table: Table, declared: Mapping[str, Source]) -> TableCounts:
    """Count one table, bucket by bucket: first from when each source observes, then everything."""
    counts = TableCounts(table, declared)
    buckets = sorted({entry.bucket for entry in snapshot.tables.get(table.name, ())})
    for bucket in buckets:
        add_first_months(counts, read_table(snapshot, table.name, bucket, ["source", "recorded_at"]))
    wanted = _columns(table)
    for bucket in buckets:
        frame = read_table(snapshot, table.name, bucket, wanted)
        current = frame["superseded_at"].isna()
        add_rows(counts, frame if current.all() else frame[current])
    return counts


def add_first_months(counts: TableCounts, frame: pd.DataFrame) -> None:
    """Learn from when each source observes."""
    for name, time in frame.groupby("source", observed=True)["recorded_at"].min().items():
        source, month = str(name), np.datetime64(time, "M")
        if source in counts.declared:
            covered = min(period.from_ for period in counts.declared[source].coverage.values())
            month = max(month, np.datetime64(covered, "M"))
        counts.first[source] = min(counts.first.get(source, month), month)


def add_rows(counts: TableCounts, frame: pd.DataFrame) -> None:
    """Add current rows, as read from the store."""
    if not len(frame):
        return
    rows = _rows(counts, frame)
    for column in counts.columns:
        values = frame[column.name]
        state = states(column, values)
        _add_cells(counts, column.name, rows, state)
        _add_months(counts.monthly, column.name, rows, state, STATES)
        if column.allowed:
            _add_months(counts.codes, column.name, rows, _allowed_codes(column, values), len(column.allowed) + 1)
    if counts.table.by_name[counts.table.time].kind == "time":
        _add_delays(counts, frame, rows)


def _rows(counts: TableCounts, frame: pd.DataFrame) -> Rows:
    place, places = _places(counts.table, frame)
    sources = sorted({one.source for one in places})
    source = np.array([sources.index(one.source) for one in places], np.int64)[place]
    month = _months(frame[counts.table.time])
    first = np.array([max(int((counts.first[name] - ORIGIN).astype(np.int64)), 0) for name in sources])
    return Rows(place, places, source, sources, month, (month >= first[source]) & (month < MONTHS))


def _add_delays(counts: TableCounts, frame: pd.DataFrame, rows: Rows) -> None:
    event = frame[OVER_AT.get(counts.table.name, counts.table.time)].to_numpy()
    took = -(-(frame["recorded_at"].to_numpy() - event) // DAY)  # rounded up
    days = np.clip(took, 0, LONGEST).astype(np.int64)  # recorded ahead of the event = 0
    size, inside = LONGEST + 1, rows.inside
    cell = rows.place[inside] * size + days[inside]
    table = np.bincount(cell, minlength=len(rows.places) * size).reshape(-1, size)
    for one, found in zip(rows.places, table, strict=True):
        _add(counts.delays, one, found)
    limits = np.array([counts.limit(name) for name in rows.sources])
    _add_months(counts.late, "", rows, (days > limits[rows.source]).astype(np.int64), 2)
    outside = np.bincount(rows.source[~inside], minlength=len(rows.sources))
    for name, number in zip(rows.sources, outside.tolist(), strict=True):
        counts.loaded[name] = counts.loaded.get(name, 0) + number


def _add_cells(counts: TableCounts, name: str, rows: Rows, state: np.ndarray) -> None:
    cell = rows.place * STATES + state
    table = np.bincount(cell, minlength=len(rows.places) * STATES).reshape(-1, STATES)
    for one, found in zip(rows.places, table, strict=True):
        _add(counts.cells, (one, name), found)


def _add_months(into: dict[tuple[str, str], np.ndarray], name: str, rows: Rows, value: np.ndarray, values: int) -> None:
    inside, shape = rows.inside, (len(rows.sources), MONTHS, values)
    cell = (rows.source[inside] * MONTHS + rows.month[inside]) * values + value[inside]
    table = np.bincount(cell, minlength=shape[0] * MONTHS * values).reshape(shape)
    for one, found in zip(rows.sources, table, strict=True):
        _add(into, (one, name), found)


def _add(into: dict[K, np.ndarray], key: K, found: np.ndarray) -> None:
    into[key] = into[key] + found if key in into else found


def _places(table: Table, frame: pd.DataFrame) -> tuple[np.ndarray, list[Place]]:
    """Number of each row's place; the unit, or the organisation where the table has no unit."""
    unit, source = frame["unit" if "unit" in table.by_name else "legacy_org"], frame["source"]
    width = len(unit.cat.categories) + 1
    both = source.cat.codes.to_numpy().astype(np.int64) * width + unit.cat.codes.to_numpy() + 1
    found, number = np.unique(both, return_inverse=True)
    units = ["", *map(str, unit.cat.categories)]
    return number, [Place(str(source.cat.categories[pair // width]), units[pair % width]) for pair in found]


def _allowed_codes(column: Column, values: pd.Series) -> np.ndarray:
    """Place of each cell's code in the declared list; the last place: no code."""
    order = {code: place for place, code in enumerate(column.allowed)}
    no_code = len(column.allowed)
    of_code = np.array([order.get(str(code), no_code) for code in values.cat.categories] + [no_code], np.int64)
    return of_code[values.cat.codes.to_numpy()]


def _months(times: pd.Series) -> np.ndarray:
    """Months since the origin; a table of yearly figures has them in January."""
    if times.dtype.kind == "f":
        return ((times.to_numpy() - 1990) * 12).astype(np.int64)
    months = times.to_numpy().astype("datetime64[M]")
    return np.where(np.isnat(months), -1, (months - ORIGIN).astype(np.int64))


def _columns(table: Table) -> list[str]:
    own = [column.name for column in checked_columns(table)]
    times = [table.time, *([OVER_AT[table.name]] if table.name in OVER_AT else [])]
    return list(dict.fromkeys([*times, "recorded_at", "superseded_at", "source", "legacy_org", *own]))
