"""What was known on a date: each date of a row on its own clock, each version while it stood.

A row is known at `as_of` when its date and its `recorded_at` are strictly before that midnight and no correction had
replaced it by then.  A later date of the same row (an end, a death) is known only when that date and its own clock are
both before `as_of`; until then the row reads as if it were still open.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from features.columnar import Columns
from features.tables import Table
from features.windows import NEVER, day_numbers

INTERVAL_ENDS = {
    "episodes": "end",
    "plans": "valid_to",
    "relations": "valid_to",
    "residents": "valid_to",
    "requests": "ended_at",
}
"""Tables whose rows last, and the date on which each ends."""

KNOWN_LATER = {("requests", "outcome"): "ended_at"}
"""Columns that are no dates but become known with a later date of the row."""


@dataclass(frozen=True)
class Knowledge:
    """For every row, the first and the last `as_of` (day numbers) at which its date counts as known."""

    first: np.ndarray
    last: np.ndarray


def first_known(*days: np.ndarray) -> np.ndarray:
    """The first `as_of` that lies strictly after all of `days`; NEVER when one of them is missing."""
    latest = days[0]
    for other in days[1:]:
        latest = np.maximum(latest, other)
    return np.where(latest >= NEVER, NEVER, latest + 1)


def row_knowledge(table: Table, frame: pd.DataFrame | Columns, at: str | None = None) -> Knowledge:
    """When the rows' date `at` (default: the table's own) was known."""
    name = at or table.time
    clocks = {"recorded_at", str(table.by_name[name].clock)}
    days = [_days(frame, name), *(_days(frame, clock) for clock in sorted(clocks))]
    return Knowledge(first_known(*days), _days(frame, "superseded_at"))


def open_until(table: Table, frame: pd.DataFrame | Columns) -> np.ndarray:
    """The last `as_of` at which each row reads as not ended: the later of its end and the end's clock."""
    end = table.by_name[INTERVAL_ENDS[table.name]]
    return np.asarray(np.maximum(_days(frame, end.name), _days(frame, str(end.clock))))


def known_at(table: Table, frame: pd.DataFrame, as_of: date | pd.Series | np.ndarray) -> pd.DataFrame:
    """The rows known at `as_of` (one date, or one per row), with dates that were not yet known emptied."""
    days = _as_of_days(as_of, len(frame))
    knowledge = row_knowledge(table, frame)
    visible = (knowledge.first <= days) & (days <= knowledge.last)
    known, days = frame[visible].copy(), days[visible]
    unknown = {column.name: _still_unknown(known, column.name, str(column.clock), days) for column in table.dates}
    for name, hidden in unknown.items():
        known.loc[hidden, name] = pd.NaT
    for (of, name), date_column in KNOWN_LATER.items():
        if of == table.name and name in known:
            known.loc[unknown[date_column], name] = None
    return known


def _still_unknown(frame: pd.DataFrame, name: str, clock: str, days: np.ndarray) -> np.ndarray:
    return np.asarray(first_known(_days(frame, name), _days(frame, clock)) > days)


def _as_of_days(as_of: date | pd.Series | np.ndarray, rows: int) -> np.ndarray:
    if isinstance(as_of, date):
        return np.full(rows, day_numbers(np.array([as_of], "datetime64[D]"))[0])
    return day_numbers(np.asarray(as_of))


def _days(frame: pd.DataFrame | Columns, name: str) -> np.ndarray:
    if isinstance(frame, Columns):
        return frame.days(name)
    return day_numbers(frame[name].to_numpy())
