"""From published sums down to their parts and back up, so that whatever is done to the parts adds up exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from configs.errors import DataError
from configs.phrases import Phrase
from models.planning.base import Base, PlanSeries

TOLERANCE = 1e-6
"""Largest gap between a published sum and its parts, as a share of the sum."""


@dataclass(frozen=True)
class Parts:
    """Part values: float64[part, date], in the series' own units; NaN where a part has no forecast on a date."""

    ids: tuple[str, ...]
    dates: pd.DatetimeIndex
    values: np.ndarray

    @property
    def place(self) -> dict[str, int]:
        """Part id → row."""
        return {name: row for row, name in enumerate(self.ids)}


def parts_of(base: Base) -> Parts:
    """The forecast of every part, such that all published sums are met.

    A part that is published itself, or follows by subtraction, is exact.  What a sum leaves open is divided by the
    parts' recent observed means.  Raises DataError when the published forecast does not add up.
    """
    published = base.forecast.pivot(index="series_id", columns="ds", values="value").sort_index(axis=1)
    ids = tuple(sorted({part for one in base.series for part in one.parts}))
    place = {name: row for row, name in enumerate(ids)}
    values = np.full((len(ids), published.shape[1]), np.nan)
    known: set[str] = set()
    for one in _from_small_to_large(base.series, published.index):
        target = published.loc[one.series_id].to_numpy(float)
        _divide(values, known, one, target, place, base.recent)
    _follow(values, known, base, published, place)
    parts = Parts(ids, pd.DatetimeIndex(published.columns), np.where(values < 0, 0.0, values))
    _check(parts, base.series, published)
    return parts


def _from_small_to_large(series: Sequence[PlanSeries], known: pd.Index) -> list[PlanSeries]:
    return sorted((one for one in series if one.series_id in known), key=lambda one: (len(one.parts), one.series_id))


def _follow(values: np.ndarray, known: set[str], base: Base, published: pd.DataFrame, place: Mapping[str, int]) -> None:
    """Divide what is still open: again and again the sum with the fewest open parts."""
    waiting = _from_small_to_large(base.series, published.index)
    while waiting:
        open_parts = [(len(set(one.parts) - known), len(one.parts), one.series_id, one) for one in waiting]
        waiting = [one for count, _, _, one in open_parts if count]
        if not waiting:
            return
        one = min(entry for entry in open_parts if entry[0])[3]
        rest = [part for part in one.parts if part not in known]
        target = published.loc[one.series_id].to_numpy(float)
        settled = [place[part] for part in one.parts if part in known]
        left = np.maximum(target - values[settled].sum(axis=0), 0.0)
        values[[place[part] for part in rest]] = shares(rest, base.recent)[:, None] * left
        known.update(rest)


def _divide(
    values: np.ndarray,
    known: set[str],
    one: PlanSeries,
    target: np.ndarray,
    place: Mapping[str, int],
    recent: Mapping[str, float],
) -> None:
    """Settle the one open part of a sum, if exactly one is open."""
    rest = [part for part in one.parts if part not in known]
    if len(rest) == 1:
        settled = [place[part] for part in one.parts if part in known]
        values[place[rest[0]]] = target - values[settled].sum(axis=0)
        known.add(rest[0])


def shares(parts: Sequence[str], recent: Mapping[str, float]) -> np.ndarray:
    """How a sum divides over parts: by their recent means, equally where nothing is known of any of them."""
    weights = np.array([max(recent.get(part, 0.0), 0.0) for part in parts])
    return weights / weights.sum() if weights.sum() > 0 else np.full(len(parts), 1 / len(parts))


def add_up(parts: Parts, values: np.ndarray, series: Sequence[PlanSeries]) -> pd.DataFrame:
    """float64 sums of part values: one row per series, one column per date.  NaN where a part is unknown."""
    place = parts.place
    rows = [values[[place[part] for part in one.parts]].sum(axis=0) for one in series]
    return pd.DataFrame(np.array(rows), index=[one.series_id for one in series], columns=parts.dates)


def _check(parts: Parts, series: Sequence[PlanSeries], published: pd.DataFrame) -> None:
    told = [one for one in series if one.series_id in published.index]
    summed = add_up(parts, parts.values, told)
    target = published.loc[summed.index]
    gap = (summed - target).abs() / target.abs().clip(lower=1.0)
    worst = float(np.nanmax(gap.to_numpy())) if gap.size else 0.0
    if worst > TOLERANCE:
        place, column = divmod(int(np.nanargmax(gap.to_numpy())), gap.shape[1])
        name, when = str(gap.index[place]), gap.columns[column]
        day = pd.Timestamp(when).date()
        english = (
            f"The forecast does not add up: {name} at {day} differs from the sum of its parts "
            f"by {worst:.2%}. Train the demand model again; published sums must be sums of their parts."
        )
        raise DataError(Phrase(english, "not_sum", series=name, date=day))
