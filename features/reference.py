"""The slow, readable truth about features: one client, one date, plain Python.  Shares no code with the kernel.

Read this file to learn what a feature means.  A property test holds the kernel equal to it.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from features.catalogue import Catalogue
from features.catalogue.families import OTHER, Family, Prefix, Without
from features.catalogue.vocabulary import Vocabulary
from features.tables import TABLES

Row = dict[str, Any]
ENDS = {
    "episodes": "end",
    "plans": "valid_to",
    "relations": "valid_to",
    "residents": "valid_to",
    "requests": "ended_at",
}
UNKNOWN = math.nan


def reference_features(
    tables: Mapping[str, pd.DataFrame],
    client_ids: np.ndarray,
    as_of: np.ndarray,
    catalogue: Catalogue,
    vocabulary: Vocabulary,
) -> np.ndarray:
    """Same contract as features.kernel.build_features."""
    rows = {name: _plain_rows(frame) for name, frame in tables.items()}
    found = []
    for client_id, day in zip(client_ids, pd.to_datetime(as_of), strict=True):
        own = {name: [row for row in table if row["client_id"] == client_id] for name, table in rows.items()}
        found.append(client_features(own, day.to_pydatetime(), catalogue, vocabulary))
    return np.array(found, np.float32).reshape(len(found), -1)


def client_features(
    tables: Mapping[str, list[Row]], as_of: datetime, catalogue: Catalogue, vocabulary: Vocabulary
) -> list[float]:
    """Every feature of one client at one midnight."""
    start = _history_start(tables.get("residents", []), as_of, catalogue)
    values: list[float] = []
    for family in catalogue.enabled:
        known = [row for row in tables[family.table] if _is_known(row, family, as_of)]
        chosen = [row for row in known if _satisfies(row, family)]
        for code in vocabulary.codes_of(family) if family.by or family.aggregate == "is" else (None,):
            kept = chosen
            if family.by:
                named = vocabulary.codes_of(family)
                kept = [row for row in chosen if _code(row[family.by], named, not family.codes) == code]
            values += [_value(family, kept, as_of, start, days, code) for days in family.windows or (None,)]
    return values


def _value(
    family: Family, rows: list[Row], as_of: datetime, start: datetime | None, days: int | None, code: str | None
) -> float:
    if family.aggregate in ("count", "sum", "distinct"):
        assert days is not None
        window_start = as_of - timedelta(days=days)
        if start is None or window_start < start:
            return UNKNOWN  # the window reaches before what is observed of this client
        inside = [row for row in rows if window_start <= _time(row, family) < as_of]
        return _in_window[family.aggregate](family, inside)
    if family.aggregate == "observed_days":
        return UNKNOWN if start is None else (as_of - start).days
    if family.aggregate in ("ever", "valid_on", "valid_sum"):
        value = _standing(family, rows, as_of)
        return UNKNOWN if value == 0 and start is None else value
    return _of_one_row(family, rows, as_of, days, code)


_in_window: dict[str, Callable[[Family, list[Row]], float]] = {
    "count": lambda family, rows: len(rows),
    "sum": lambda family, rows: math.fsum(row[str(family.value)] for row in rows if row[str(family.value)] is not None),
    "distinct": lambda family, rows: len({_counted(family, row) for row in rows} - {None}),
}


def _counted(family: Family, row: Row) -> object:
    if family.value == "month":
        return (_time(row, family).year, _time(row, family).month)
    return row[str(family.value)]


def _standing(family: Family, rows: list[Row], as_of: datetime) -> float:
    if family.aggregate == "ever":
        return float(len(rows) > 0)
    standing = [row for row in rows if not _has_ended(row, family.table, as_of)]
    if family.aggregate == "valid_on":
        return float(len(standing) > 0)
    return math.fsum(row[str(family.value)] or 0.0 for row in standing)


def _has_ended(row: Row, table: str, as_of: datetime) -> bool:
    """True when the end happened and was recorded before as_of; until then the row is open."""
    end, clock = row[ENDS[table]], row[str(TABLES[table].by_name[ENDS[table]].clock)]
    return end is not None and clock is not None and end < as_of and clock < as_of


def _of_one_row(family: Family, rows: list[Row], as_of: datetime, days: int | None, code: str | None) -> float:
    """What the latest (or the first) row says; nothing when there is none, or none inside the window."""
    name = family.value
    rows = [row for row in rows if name is None or row[name] is not None]
    if not rows:
        return UNKNOWN
    key = (lambda row: (_time(row, family), row["recorded_at"], row[name])) if name else (lambda r: _time(r, family))
    row = min(rows, key=key) if family.aggregate == "days_since_first" else max(rows, key=key)
    age = (as_of.date() - _time(row, family).date()).days
    if days is not None and age > days:
        return UNKNOWN
    if family.aggregate == "last":
        return float(row[str(name)])
    if family.aggregate == "age_years":
        return (as_of - timedelta(days=1)).year - float(row[str(name)])
    if family.aggregate == "is":
        return float(row[str(name)] == code)
    return age


def _history_start(residents: list[Row], as_of: datetime, catalogue: Catalogue) -> datetime | None:
    if catalogue.observed_since is not None:
        since = datetime.combine(catalogue.observed_since, datetime.min.time())
        return since if since < as_of else None
    known = [row for row in residents if _stands(row, as_of) and row["valid_from"] < as_of]
    if not known:
        return None
    latest = max(known, key=lambda row: (row["valid_from"], row["recorded_at"]))
    start: datetime | None = latest["history_start"]
    if start is None or start >= as_of:
        return None
    return datetime.combine(start.date(), datetime.min.time())  # the whole first day is observed


def _is_known(row: Row, family: Family, as_of: datetime) -> bool:
    column = family.at or TABLES[family.table].time
    happened, clock = row[column], row[str(TABLES[family.table].by_name[column].clock)]
    return happened is not None and happened < as_of and clock is not None and clock < as_of and _stands(row, as_of)


def _stands(row: Row, as_of: datetime) -> bool:
    """The version had been recorded, and not yet been replaced, when as_of began."""
    return bool(row["recorded_at"] < as_of and (row["superseded_at"] is None or row["superseded_at"] >= as_of))


def _time(row: Row, family: Family) -> datetime:
    happened: datetime = row[family.at or TABLES[family.table].time]
    return happened


def _satisfies(row: Row, family: Family) -> bool:
    return all(_holds(row[name], condition) for name, condition in family.conditions.items())


def _holds(value: object, condition: object) -> bool:
    if value is None:
        return False
    if isinstance(condition, Prefix):
        prefixes = [condition.prefix] if isinstance(condition.prefix, str) else condition.prefix
        return any(str(value).startswith(prefix) for prefix in prefixes)
    if isinstance(condition, Without):
        return value not in ([condition.without] if isinstance(condition.without, str) else condition.without)
    return value in condition if isinstance(condition, tuple) else value == condition


def _code(value: str | None, named: tuple[str, ...], rest_is_other: bool) -> str | None:
    """The column a value belongs to; a missing value belongs to none."""
    if value is None or value in named:
        return value
    return OTHER if rest_is_other else None


def _plain_rows(frame: pd.DataFrame) -> list[Row]:
    return [{str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    """None for what is missing, datetime for a time."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
