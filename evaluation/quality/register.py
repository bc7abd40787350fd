"""One source and table of the report: its fields, its delays, its months and its changes, as plain dicts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from evaluation.quality.counting import LONGEST, MONTHS, ORIGIN, Place, TableCounts
from evaluation.quality.fields import STATES, State, has_codes
from evaluation.quality.shifts import Change, share_changes, volume_changes
from evaluation.small_cells.shown import shown_counts, shown_share, shown_shares
from features.source_catalogue import Source, SourceBreak

DELAY_STEPS = (0, 1, 3, 7, 14, 30, 90)
"""Edges of the shown delays in days; the last bar holds all longer ones."""
NEAR = 1
"""A change so many months from a declared break is that break."""
COMMON_CODE = 0.05
"""Codes with at least this share of the rows are followed month by month."""


@dataclass(frozen=True)
class Register:
    """One source instance's rows in one table."""

    name: str
    counts: TableCounts
    declared: Source | None
    until: date

    @property
    def months(self) -> tuple[int, int]:
        """First and last whole month shown; the last recorded one is left out, its late rows have not come yet."""
        first = int((self.counts.first[self.name] - ORIGIN).astype(int))
        last = int((np.datetime64(self.until, "M") - ORIGIN).astype(int))
        return max(first, 0), min(last, MONTHS)

    def span(self, values: np.ndarray) -> np.ndarray:
        """The shown months of a monthly table."""
        first, last = self.months
        return values[first:last]

    @property
    def delivered(self) -> frozenset[str]:
        """The fields that the catalogue says come from here; all of them when it says nothing."""
        names = frozenset(column.name for column in self.counts.columns)
        fields = self.declared.fields.get(self.counts.table.name) if self.declared else None
        return names if fields is None else names & frozenset(fields)

    def cells(self, column: str) -> np.ndarray:
        """States of the whole register's cells."""
        found = [cells for (place, name), cells in self.counts.cells.items() if name == column and self.owns(place)]
        return np.sum(found, axis=0) if found else np.zeros(STATES, np.int64)

    def owns(self, place: Place) -> bool:
        return place.source == self.name


def described(register: Register) -> dict[str, Any]:
    """Everything about one register."""
    fields = [field_line(register.cells(column.name), column.name, has_codes(column)) for column in _columns(register)]
    declared = register.declared
    return {
        "source": register.name,
        "table": register.counts.table.name,
        "owner": declared.owner if declared else None,
        "known_problems": [one.model_dump() for one in declared.known_problems] if declared else [],
        "rows": int(register.cells(_columns(register)[0].name).sum()),
        "fields": fields,
        "not_delivered": sorted({column.name for column in register.counts.columns} - register.delivered),
        "timeliness": timeliness(register),
        "breaks": [_break(one) for one in _breaks(register)],
        "months": [str(month) for month in ORIGIN + np.arange(*register.months)],
        "monthly": monthly(register),
        "changes": list(changes(register)),
    }


def field_line(cells: np.ndarray, name: str, coded: bool) -> dict[str, Any]:
    """One field: four counts, and the shares made of them.

    `completeness` = something was told; `structured` = of what was told, the part inside the code list's classes.
    """
    known, other, cannot_tell, missing = (int(count) for count in cells)
    rows, told = known + other + cannot_tell + missing, known + other
    counts = shown_counts([known, other, cannot_tell, missing])
    return {
        "field": name,
        "rows": rows,
        **dict(zip(("known", "other", "cannot_tell", "missing"), counts, strict=True)),
        "completeness": shown_share(told, rows),
        "cannot_tell_share": shown_share(cannot_tell, rows),
        "missing_share": shown_share(missing, rows),
        "structured": shown_share(known, told) if coded else None,
        "never_filled": told == 0,
        "is_whole": known == rows,
    }


def unit_lines(register: Register) -> Iterator[dict[str, Any]]:
    """Every field of every unit."""
    of_name = {column.name: column for column in _columns(register)}
    for (place, name), cells in register.counts.cells.items():
        if register.owns(place) and name in of_name:
            line = field_line(cells, name, has_codes(of_name[name]))
            yield {"source": register.name, "table": register.counts.table.name, "unit": place.unit, **line}


def timeliness(register: Register) -> dict[str, Any] | None:
    """How soon rows are recorded; None for a table whose event has no day."""
    parts = {place.unit: found for place, found in register.counts.delays.items() if register.owns(place)}
    if not parts:
        return None
    limit = register.declared.recording_delay_days if register.declared else None
    units = [{"unit": unit, **_delays(found, limit)} for unit, found in sorted(parts.items())]
    whole = np.sum(list(parts.values()), axis=0)
    edges = np.searchsorted(DELAY_STEPS, np.arange(LONGEST + 1))
    bars = shown_counts(np.bincount(edges, whole, len(DELAY_STEPS) + 1).astype(int).tolist())
    units.sort(key=lambda line: -(line["late"] or 0.0))
    loaded = register.counts.loaded.get(register.name, 0)
    return {**_delays(whole, limit), "declared_days": limit, "bars": bars, "loaded_before": loaded, "units": units}


def monthly(register: Register) -> dict[str, list[float | None]]:
    """Completeness of every delivered field that is filled at all, month by month."""
    found = {}
    for column in _columns(register):
        if not column.nullable and not {"unknown", "cannot_tell"} & set(column.allowed):
            continue  # the contract refuses a row without it
        told, rows = _told(register, column.name)
        if told.sum():
            found[column.name] = _listed(shown_shares(told, rows))
    return found


def changes(register: Register) -> Iterator[dict[str, Any]]:
    """Every step of every series, told whether somebody had declared it."""
    for field, series, what, found in _series(register):
        for change in found:
            yield {"field": field, "what": what, **_change(register, change, series)}


def _series(register: Register) -> Iterator[tuple[str, np.ndarray, str, tuple[Change, ...]]]:
    first = _columns(register)[0].name
    rows = _told(register, first)[1].astype(float)
    yield "", rows, "rows", volume_changes(rows)
    late = register.counts.late.get((register.name, ""))
    if late is not None:
        late = register.span(late)
        share = shown_shares(late[:, 1], late.sum(axis=1))
        yield "", share, "late", share_changes(share)
    for name, values in monthly(register).items():
        share = np.array([np.nan if value is None else value for value in values])
        yield name, share, "completeness", share_changes(share)
    for column in _columns(register):
        yield from _code_series(register, column.name, column.allowed)


def _code_series(
    register: Register, name: str, allowed: tuple[str, ...]
) -> Iterator[tuple[str, np.ndarray, str, tuple[Change, ...]]]:
    table = register.counts.codes.get((register.name, name))
    if table is None:
        return
    table = register.span(table)[:, : len(allowed)]
    rows = table.sum(axis=1)
    for place, code in enumerate(allowed):
        if table[:, place].sum() / max(rows.sum(), 1) >= COMMON_CODE:
            share = shown_shares(table[:, place], rows)
            yield name, share, code, share_changes(share)


def _told(register: Register, column: str) -> tuple[np.ndarray, np.ndarray]:
    """(cells that tell something, all cells) per shown month."""
    table = register.span(register.counts.monthly[(register.name, column)])
    return table[:, State.KNOWN] + table[:, State.OTHER], table.sum(axis=1)


def _columns(register: Register) -> list[Any]:
    return [column for column in register.counts.columns if column.name in register.delivered]


def _breaks(register: Register) -> tuple[SourceBreak, ...]:
    return register.declared.source_breaks if register.declared else ()


def _break(one: SourceBreak) -> dict[str, Any]:
    shown = {"date": str(one.date), "kind": one.kind, "comparable": one.comparable}
    return {**shown, "municipalities": list(one.municipalities), "what": one.what.model_dump()}


def _change(register: Register, change: Change, series: np.ndarray) -> dict[str, Any]:
    month = ORIGIN + register.months[0] + change.place
    near = [one for one in _breaks(register) if abs(int((np.datetime64(one.date, "M") - month).astype(int))) <= NEAR]
    return {
        "month": str(month),
        "before": change.before,
        "after": change.after,
        "t": min(change.t, 999.0),
        "declared": near[0].what.model_dump() if near else None,
    }


def _delays(found: np.ndarray, limit: int | None) -> dict[str, Any]:
    rows = int(found.sum())
    late = int(found[limit + 1 :].sum()) if limit is not None else 0
    return {
        "rows": rows,
        "median_days": _quantile(found, 0.5),
        "p90_days": _quantile(found, 0.9),
        "late": shown_share(late, rows) if limit is not None else None,
    }


def _quantile(found: np.ndarray, share: float) -> int | None:
    """Within how many days this share of the rows was recorded."""
    return int(np.searchsorted(found.cumsum(), share * found.sum())) if found.sum() else None


def _listed(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value), 4) for value in values]
