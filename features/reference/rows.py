"""Rows as plain Python: which are known on a date, which satisfy a filter, and the code each belongs to."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from features.catalogue.families import OTHER, Between, Condition, Family, Prefix, Without
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


def is_known(row: Row, family: Family, as_of: datetime) -> bool:
    """The date happened and was recorded before as_of, in a version that stood then."""
    column = family.at or TABLES[family.table].time
    happened, clock = row[column], row[str(TABLES[family.table].by_name[column].clock)]
    return happened is not None and happened < as_of and clock is not None and clock < as_of and stands(row, as_of)


def stands(row: Row, as_of: datetime) -> bool:
    """The version had been recorded, and not yet been replaced, when as_of began."""
    return bool(row["recorded_at"] < as_of and (row["superseded_at"] is None or row["superseded_at"] >= as_of))


def has_ended(row: Row, table: str, as_of: datetime) -> bool:
    """True when the end happened and was recorded before as_of; until then the row is open."""
    end, clock = row[ENDS[table]], row[str(TABLES[table].by_name[ENDS[table]].clock)]
    return end is not None and clock is not None and end < as_of and clock < as_of


def time_of(row: Row, family: Family) -> datetime:
    """The date of the row that the family counts by."""
    happened: datetime = row[family.at or TABLES[family.table].time]
    return happened


def satisfies(row: Row, conditions: Mapping[str, Condition]) -> bool:
    """Every condition holds."""
    return all(_holds(row[name], condition) for name, condition in conditions.items())


def _holds(value: Any, condition: object) -> bool:
    if value is None:
        return False
    if isinstance(condition, Prefix):
        prefixes = [condition.prefix] if isinstance(condition.prefix, str) else condition.prefix
        return any(str(value).startswith(prefix) for prefix in prefixes)
    if isinstance(condition, Without):
        return value not in ([condition.without] if isinstance(condition.without, str) else condition.without)
    if isinstance(condition, Between):
        enough = condition.at_least is None or value >= condition.at_least
        return bool(enough and (condition.at_most is None or value <= condition.at_most))
    return value in condition if isinstance(condition, tuple) else value == condition


def code_of(value: str | None, named: tuple[str, ...], rest_is_other: bool) -> str | None:
    """The column a value belongs to; a missing value belongs to none."""
    if value is None or value in named:
        return value
    return OTHER if rest_is_other else None


def plain_rows(frame: pd.DataFrame) -> list[Row]:
    """A table as dicts: None for what is missing, datetime for a time."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
