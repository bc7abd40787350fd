"""Day → week → month: which whole periods lie in a horizon, and the sums over what they hold.

A month of days is the calendar month.  A month of weeks is the weeks whose Thursday lies in it (ISO 8601's rule for
years, applied to months): every week belongs to one month, a month has four or five.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.panel.periods import FREQUENCIES, Period, period_starts

WITHIN: Mapping[Period, tuple[Period, ...]] = {
    "day": ("day", "week", "month"),
    "week": ("week", "month"),
    "month": ("month",),
}
"""What periods add up to, themselves first."""
TO_THURSDAY = pd.Timedelta(days=3)


@dataclass(frozen=True)
class Bucket:
    """One period of the horizon: the steps `first` … `last` (1 = the first day ahead, both included)."""

    start: pd.Timestamp
    first: int
    last: int

    @property
    def days(self) -> int:
        return self.last - self.first + 1


def holding(starts: pd.Series, period: Period, base: Period) -> pd.Series:
    """The first day of the longer period that each base period lies in."""
    return period_starts(starts + TO_THURSDAY if base == "week" else starts, period)


def buckets(ahead: pd.DatetimeIndex, period: Period, base: Period = "day") -> tuple[Bucket, ...]:
    """The periods that lie wholly in the base periods `ahead`; one that has begun already is left out."""
    steps = pd.Series(ahead)
    if period == base:
        return tuple(Bucket(start, k + 1, k + 1) for k, start in enumerate(ahead))
    held = holding(steps, period, base)
    around = pd.Series(pd.date_range(ahead[0], periods=2, freq=FREQUENCIES[base]))
    before = ahead[0] - (around[1] - around[0])
    after = pd.date_range(ahead[-1], periods=2, freq=FREQUENCIES[base])[1]
    begun, goes_on = holding(pd.Series([before, after]), period, base)
    return tuple(
        Bucket(start, int(places.min()) + 1, int(places.max()) + 1)
        for start in held.unique()
        if start not in (begun, goes_on)
        for places in [np.flatnonzero(held == start)]
    )


def even_buckets(horizon: int, days: int) -> tuple[Bucket, ...]:
    """Stretches of `days` from the first step on: weeks and months of 28 days of a back-test from any origin."""
    none = pd.Timestamp(0)
    return tuple(Bucket(none, k + 1, k + days) for k in range(0, horizon - days + 1, days))


def over(values: np.ndarray, periods: tuple[Bucket, ...]) -> np.ndarray:
    """[…, bucket]: the sums over the days of each bucket of [… , step]."""
    if not periods:
        return np.empty((*values.shape[:-1], 0))
    return np.stack([values[..., one.first - 1 : one.last].sum(axis=-1) for one in periods], axis=-1)


def over_table(table: pd.DataFrame, found: tuple[Bucket, ...], keys: list[str], columns: list[str]) -> pd.DataFrame:
    """`*keys, ds, step, <columns>` of the buckets: sums over their steps of a table with `step`; only whole ones."""
    of = {step: place + 1 for place, one in enumerate(found) for step in range(one.first, one.last + 1)}
    rows = table.assign(step=table["step"].map(of)).dropna(subset=["step"]).astype({"step": int})
    grouped = rows.groupby([*keys, "step"], sort=True)
    known = grouped[columns].sum()[grouped.size() == grouped["step"].first().map(_lengths(found))].reset_index()
    return known.assign(ds=[found[step - 1].start for step in known["step"]])[[*keys, "ds", "step", *columns]]


def _lengths(found: tuple[Bucket, ...]) -> dict[int, int]:
    return {place + 1: one.days for place, one in enumerate(found)}
