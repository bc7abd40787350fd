"""Stored overrides: from the log to the numbers of a page and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from configs.errors import LuotainError
from configs.phrases import phrase_of
from models.answers import ForecastAnswer
from models.demand.coherence.temporal import holding
from models.planning.base import LEVELS, Base
from models.planning.overrides import Overridden, Override, apply_overrides, override_of
from serving.planning.kept.records import Corrected, OverrideNote
from serving.records.entries import local_text


@dataclass(frozen=True)
class Stored:
    """The overrides of one model as they were stored, oldest first, and what they make of its forecast now."""

    entries: tuple[Mapping[str, Any], ...]
    overridden: Overridden | None
    """None without an override in force."""
    fault: str = ""

    def base(self, base: Base) -> Base:
        """The forecast with the overrides in force."""
        return base.with_forecast(self.overridden.table) if self.overridden is not None else base

    def corrected(self, series_id: str) -> dict[str, Corrected]:
        """What changed in a series, by period."""
        if self.overridden is None:
            return {}
        table = self.overridden.table
        rows = table[(table["series_id"] == series_id) & (table["touched"] | table["given"])]
        return {row["ds"].date().isoformat(): _corrected(row) for row in rows.to_dict("records")}

    def notes(self, series_id: str, periods: Sequence[str]) -> tuple[OverrideNote, ...]:
        """The history of a series' overrides, newest first."""
        own = [one for one in self.entries if one["series_id"] == series_id]
        newest = {str(one["ds"]): number for number, one in enumerate(own)}
        return tuple(_note(one, newest[str(one["ds"])] == number, periods) for number, one in enumerate(own))[::-1]


def corrected_over(
    corrected: Mapping[str, Corrected], own: ForecastAnswer, longer: ForecastAnswer
) -> dict[str, Corrected]:
    """What overrides of the series' own periods make of the longer ones: each moves by what its parts moved."""
    said = {point.period_start: point.value for point in own.points}
    starts = [point.period_start for point in longer.points]
    held = holding(pd.Series(pd.to_datetime(list(corrected))), longer.period, own.period)  # type: ignore[arg-type]
    moved: dict[str, float] = {}
    for (name, one), start in zip(corrected.items(), held.dt.date.map(str), strict=True):
        moved[start] = moved.get(start, 0.0) + one.value - said[name]
    points = {point.period_start: point for point in longer.points}
    return {
        start: Corrected(
            **{name: max(getattr(points[start], name) + moved[start], 0.0) for name in ("value", *LEVELS)}, given=True
        )
        for start in starts
        if start in moved
    }


def stored_of(entries: tuple[Mapping[str, Any], ...], base: Base) -> Stored:
    """What stored entries make of a forecast.  Overrides of periods that are past, or of series gone, rest."""
    try:
        in_force = _in_force(entries, base)
        return Stored(entries, apply_overrides(base, in_force) if in_force else None)
    except LuotainError as error:
        return Stored(entries, None, phrase_of(error))


def _in_force(entries: Sequence[Mapping[str, Any]], base: Base) -> list[Override]:
    newest = {(str(one["series_id"]), str(one["ds"])): one for one in entries}
    known = {(str(name), when.date().isoformat()) for name, when in base.forecast[["series_id", "ds"]].to_numpy()}
    wanted = [one for key, one in newest.items() if one["value"] is not None and key in known]
    return [override_of_entry(one) for one in wanted]


def override_of_entry(entry: Mapping[str, Any]) -> Override:
    """A stored entry as an override; the log calls the author's role `role`."""
    return override_of({**entry, "author_role": entry["role"]})


def _corrected(row: Mapping[Any, Any]) -> Corrected:
    numbers = {name: float(row[name]) for name in ("value", *LEVELS)}
    return Corrected(**numbers, given=bool(row["given"]))


def _note(entry: Mapping[str, Any], newest: bool, periods: Sequence[str]) -> OverrideNote:
    state = "in_use" if entry["value"] is not None else "taken_back"
    if not newest:
        state = "replaced"
    elif entry["ds"] not in periods:
        state = "past"
    value = None if entry["value"] is None else float(entry["value"])
    return OverrideNote(
        str(entry["ds"]),
        value,
        str(entry["role"]),
        str(entry["reason"]),
        local_text(str(entry["time"])),
        state,  # type: ignore[arg-type]
    )
