"""One client's rows that came with the question: checked against the data contract, then read by the same kernel.

A fault names table, column and row; never the value.  Nothing of the rows is kept.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from configs.errors import LuotainError
from features.columnar import NO_TIME, Coded, Columns, Raw, Words
from features.packed.pack import packed_tables
from features.schema.rules import FIRST_YEAR, LAST_YEAR
from features.schema.scales import load_scales
from features.tables import Column, Table
from models.answers import Text
from serving.engine.contract import DataStamp
from serving.refusals import refusal

NOBODY = "posted"
"""What stands for the client's id in the rows: they name nobody."""
FILLED: Mapping[str, str] = {"client_id": NOBODY, "source": "request", "legacy_org": "request"}
"""Columns that a question need not give."""
MAX_TEXT = 200
EPOCH = datetime(1970, 1, 1)
KINDS: Mapping[str, str] = {
    "text": f"text (1–{MAX_TEXT})",
    "integer": "integer",
    "number": "number",
    "time": "YYYY-MM-DDTHH:MM:SS",
    "flag": "true/false",
}


class PostedRowError(LuotainError):
    """A row that does not keep to the data contract."""

    def __init__(self, field: str, sentence: Text) -> None:
        self.field, self.text = field, sentence
        super().__init__(sentence["en"])


@dataclass(frozen=True)
class PostedRows:
    """The rows of one client, and the midnight before which everything known was recorded."""

    stamp: DataStamp
    tables: Mapping[str, Columns]

    def tables_of(self, _client_id: str) -> Mapping[str, Columns]:
        """Every row, by table."""
        return self.tables


def posted_tables(given: Mapping[str, Any], most: int) -> dict[str, Columns]:
    """The canonical tables of one client, those not given without rows.  Raises PostedRowError."""
    known = {table.name: table for table in packed_tables()}
    if set(given) - set(known):
        raise PostedRowError("tables", refusal("row_unknown_table", allowed=", ".join(known)))
    for name, rows in given.items():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise PostedRowError(f"tables.{name}", refusal("row_not_a_list", table=name))
    if sum(len(rows) for rows in given.values()) > most:
        raise PostedRowError("tables", refusal("too_many_items", field="tables", limit=str(most)))
    return {name: _columns(table, given.get(name, ())) for name, table in known.items()}


def posted_day(text: str) -> date:
    """The `as_of` of a question.  Raises PostedRowError."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PostedRowError("as_of", refusal("field_wrong_form", field="as_of"))
    return day


def _columns(table: Table, rows: Sequence[Mapping[str, Any]]) -> Columns:
    names = [column.name for column in table.columns]
    for place, row in enumerate(rows):
        if not row.keys() <= table.by_name.keys():
            raise _fault(table, place, "row_unknown_column", allowed=", ".join(names))
    held = {column.name: _cells(table, column, rows) for column in table.columns}
    _refuse_disorder(table, held, len(rows))
    return Columns(len(rows), held.__getitem__)


def _cells(table: Table, column: Column, rows: Sequence[Mapping[str, Any]]) -> Raw:
    read = READ[column.kind]
    values = []
    for place, row in enumerate(rows):
        value = FILLED[column.name] if column.name in FILLED else row.get(column.name)
        if value is None and not column.nullable:
            raise _fault(table, place, "row_missing_value", column)
        cell = None if value is None else read(value)
        if value is not None and cell is None:
            raise _fault(table, place, "row_wrong_type", column, KINDS[column.kind])
        _refuse_outside(table, column, place, cell)
        values.append(cell)
    if table.name == "assessments" and column.name == "value":
        _refuse_off_scale(table, column, rows)
    return _raw(column, values)


def _refuse_outside(table: Table, column: Column, place: int, cell: Any) -> None:
    if cell is None:
        return
    if column.allowed and cell not in column.allowed:
        raise _fault(table, place, "row_not_allowed_value", column, ", ".join(column.allowed))
    low, high = column.low, column.high
    if (low is not None and cell < low) or (high is not None and cell > high):
        raise _fault(table, place, "row_out_of_range", column, f"{_bound(low)}–{_bound(high)}")


def _refuse_off_scale(table: Table, column: Column, rows: Sequence[Mapping[str, Any]]) -> None:
    scales = load_scales()
    for place, row in enumerate(rows):
        found = scales.get(str(row.get("instrument")), {}).get(str(row.get("scale")))
        if found is not None and not found.low <= row["value"] <= found.high:
            raise _fault(table, place, "row_out_of_range", column, f"{found.low:g}–{found.high:g}")


def _refuse_disorder(table: Table, held: Mapping[str, Raw], rows: int) -> None:
    """The order that the ingest asks for, too: no end before its start, nothing recorded before it happened."""
    if not rows:
        return
    for column in table.dates:
        day, own = _days(held, column.name), _days(held, table.time)
        late = _days(held, column.clock or "recorded_at")
        if column.clock != "recorded_at":
            _refuse(table, column, (day >= 0) & (day < own), "row_end_before_start", table.time)
        if not column.planned:
            unless = _is_planned(table, held, rows)
            _refuse(table, column, (day > late) & (late != NEVER_DAY) & ~unless, "row_future_event", str(column.clock))


def _is_planned(table: Table, held: Mapping[str, Raw], rows: int) -> np.ndarray:
    status = held.get("status") if "status" in table.by_name else None
    return status.numbered(("planned",)) == 0 if isinstance(status, Coded) else np.zeros(rows, bool)


NEVER_DAY = NO_TIME // 86_400


def _days(held: Mapping[str, Raw], name: str) -> np.ndarray:
    values = held[name]
    assert isinstance(values, np.ndarray)
    return values // 86_400


def _refuse(table: Table, column: Column, broken: np.ndarray, reason: str, beside: str) -> None:
    if broken.any():
        raise _fault(table, int(np.argmax(broken)), reason, column, beside)


def _text(value: Any) -> str | None:
    fits = isinstance(value, str) and 0 < len(value) <= MAX_TEXT and value.isprintable()
    return value if fits else None


def _integer(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9 else None


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return float(value) if is_number and math.isfinite(value) else None


def _time(value: Any) -> int | None:
    """Whole seconds of a wall-clock time without a zone."""
    if not isinstance(value, str) or not 10 <= len(value) <= 19:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is not None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    return int((moment - EPOCH).total_seconds())


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


READ: Mapping[str, Callable[[Any], Any]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "time": _time,
    "flag": _flag,
}


def _raw(column: Column, values: list[Any]) -> Raw:
    if column.kind == "text":
        places: dict[str, int] = {}
        codes = [-1 if value is None else places.setdefault(value, len(places)) for value in values]
        return Coded(np.array(codes, np.int32), Words(np.array(list(places), object)))
    if column.kind == "time":
        return np.array([NO_TIME if value is None else value for value in values], np.int64)
    if column.kind == "flag":
        return np.array(values, bool)
    return np.array([math.nan if value is None else value for value in values], np.float64)


def _bound(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _fault(table: Table, place: int, reason: str, column: Column | None = None, allowed: str = "") -> PostedRowError:
    """The first fault found; rows are counted from 1 in the sentence and from 0 in the field."""
    name = column.name if column else ""
    field = f"tables.{table.name}.{place}" + (f".{name}" if name else "")
    sentence = refusal(reason, table=table.name, row=str(place + 1), column=name, allowed=allowed)
    return PostedRowError(field, sentence)
