"""A planner's own numbers on a forecast: the original is kept, and every sum still adds up."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from configs.errors import DataError
from configs.phrases import Phrase
from configs.words import unknown
from models.planning.base import LEVELS, Base
from models.planning.sums import Parts, add_up, parts_of, shares
from models.texts import Text

SMALL = 1e-9
SPREAD: Text = {
    "fi": "Korjattu luku jaetaan osilleen ennusteen suhteessa; tarkemmalle tasolle annettu luku pysyy.",
    "sv": "Det ändrade talet fördelas på delarna i prognosens proportion; ett tal på en finare nivå står fast.",
    "en": "An overridden number is spread over its parts in the forecast's proportion; a finer one stands.",
}
INTERVALS: Text = {
    "fi": "Korjatun luvun väli on ennusteen väli samassa suhteessa; korjauksen omaa virhettä se ei tunne.",
    "sv": "Intervallet kring det ändrade talet är prognosens i samma proportion; ändringens eget fel ingår inte.",
    "en": "The interval of an overridden number is the forecast's in proportion, without the override's own error.",
}


@dataclass(frozen=True)
class Override:
    """One number of one series and period, by whom (a role, never a name), why and when."""

    series_id: str
    ds: date
    value: float
    author_role: str
    reason: str
    time: datetime

    def __post_init__(self) -> None:
        if not np.isfinite(self.value) or self.value < 0:
            english = f"An override needs a value of zero or more, got {self.value:g}."
            raise DataError(Phrase(english, "override_value"))
        if not self.author_role.strip() or not self.reason.strip():
            raise DataError(Phrase("An override needs an author role and a reason. Write both.", "override_reason"))

    def as_json(self) -> dict[str, Any]:
        """The form that a service stores."""
        return {**asdict(self), "ds": self.ds.isoformat(), "time": self.time.isoformat()}


def override_of(values: Mapping[str, Any]) -> Override:
    """An override from its JSON form.  Raises DataError when a field is missing or is not what it should be."""
    fields = ("series_id", "ds", "value", "author_role", "reason", "time")
    absent = [name for name in fields if name not in values]
    if absent:
        english = f"The override has no `{absent[0]}`. It needs {', '.join(fields)}."
        raise DataError(Phrase(english, "override_field", field=absent[0]))
    try:
        when, time = date.fromisoformat(str(values["ds"])), datetime.fromisoformat(str(values["time"]))
        value = float(values["value"])
    except (TypeError, ValueError):
        english = "The override's `ds` and `time` are ISO dates and its `value` is a number."
        raise DataError(Phrase(english, "override_types")) from None
    texts = {name: str(values[name]) for name in ("series_id", "author_role", "reason")}
    return Override(ds=when, value=value, time=time, **texts)


@dataclass(frozen=True)
class Overridden:
    """A forecast with overrides.

    `table`: the published table with `value` and its intervals as overridden, `original` beside, `given` True where a
    planner gave the number and `touched` where it changed with another.  `superseded` are earlier overrides of the same
    number: kept, not used.
    """

    table: pd.DataFrame
    used: tuple[Override, ...]
    superseded: tuple[Override, ...]
    said: tuple[Text, ...] = (SPREAD, INTERVALS)


def apply_overrides(base: Base, overrides: Sequence[Override]) -> Overridden:
    """The forecast with the overrides in force; sums are sums of their parts.

    The latest override of a number counts.  Finer levels are set first and stand; a coarser number is spread over the
    parts that are still free.  Raises DataError, naming series and date, for an unknown series or period and for
    numbers that contradict each other.
    """
    used, superseded = _latest(overrides)
    parts = parts_of(base)
    values, fixed = parts.values.copy(), np.zeros(parts.values.shape, bool)
    sizes = {one.series_id: len(one.parts) for one in base.series}
    _known(used, base)
    for one in sorted(used, key=lambda told: (sizes[told.series_id], told.series_id, told.ds)):
        _set(one, base, parts, values, fixed)
    return Overridden(_table(base, parts, values, used), tuple(used), tuple(superseded))


def _latest(overrides: Sequence[Override]) -> tuple[list[Override], list[Override]]:
    newest: dict[tuple[str, date], Override] = {}
    for one in sorted(overrides, key=lambda told: told.time):
        newest[one.series_id, one.ds] = one
    used = list(newest.values())
    return used, [one for one in overrides if not any(one is kept for kept in used)]


def _known(used: Sequence[Override], base: Base) -> None:
    periods = {str(name): set(rows["ds"].dt.date) for name, rows in base.forecast.groupby("series_id")}
    for one in used:
        if one.series_id not in periods:
            why = unknown("series", one.series_id, periods)
            raise DataError(Phrase(f"Override: {why}", "plain", why=why))
        if one.ds not in periods[one.series_id]:
            first, last = min(periods[one.series_id]), max(periods[one.series_id])
            english = (
                f"Override of {one.series_id}: {one.ds} is no period of the forecast. Its periods begin between "
                f"{first} and {last}; write the first day of one."
            )
            raise DataError(Phrase(english, "override_period", first=first, last=last))


def _set(one: Override, base: Base, parts: Parts, values: np.ndarray, fixed: np.ndarray) -> None:
    """Spread one number over its free parts."""
    column = list(parts.dates).index(pd.Timestamp(one.ds))
    rows = np.array([parts.place[part] for part in base.one(one.series_id).parts])
    free = rows[~fixed[rows, column]]
    left = one.value - float(values[rows[fixed[rows, column]], column].sum())
    if left < -SMALL * max(one.value, 1.0) or (len(free) == 0 and abs(left) > SMALL * max(one.value, 1.0)):
        english = (
            f"Override of {one.series_id} at {one.ds}: {one.value:g} contradicts finer overrides, whose sum is "
            f"{one.value - left:g}. Change one of them."
        )
        said = {"date": one.ds, "value": float(one.value), "total": float(one.value - left)}
        raise DataError(Phrase(english, "override_contradicts", series=base.one(one.series_id).name, **said))
    now = values[free, column]
    names = [parts.ids[row] for row in free]
    split = now / now.sum() if now.sum() > 0 else shares(names, base.recent)
    values[free, column] = split * max(left, 0.0)
    fixed[rows, column] = True


def _table(base: Base, parts: Parts, values: np.ndarray, used: Sequence[Override]) -> pd.DataFrame:
    table = base.forecast.reset_index(drop=True).copy()
    known = set(table["series_id"])
    sums = add_up(parts, values, [one for one in base.series if one.series_id in known])
    before = table["value"].to_numpy(float)
    places = sums.index.get_indexer(pd.Index(table["series_id"])), sums.columns.get_indexer(pd.Index(table["ds"]))
    after = np.asarray(sums.to_numpy(float)[places], float)
    touched = np.abs(after - before) > SMALL * np.maximum(before, 1.0)
    after = np.where(touched, after, before)
    ratio = np.divide(after, before, out=np.ones_like(after), where=before > 0)
    for level in LEVELS:
        kept = table[level].to_numpy(float)
        bound = np.minimum(kept, after) if level.startswith("low") else np.maximum(kept, after)
        table[level] = np.where(before > 0, kept * ratio, bound)  # no proportion of nothing: the interval takes it in
    given = {(one.series_id, pd.Timestamp(one.ds)) for one in used}
    marks = [(name, when) in given for name, when in zip(table["series_id"], table["ds"], strict=True)]
    return table.assign(value=after, original=before, given=marks, touched=touched)
