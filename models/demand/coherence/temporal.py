"""Day → week → month: which whole periods lie in a horizon, and the sums over their days."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.panel.periods import Period, following, period_starts


@dataclass(frozen=True)
class Bucket:
    """One period of the horizon: the steps `first` … `last` (1 = the first day ahead, both included)."""

    start: pd.Timestamp
    first: int
    last: int

    @property
    def days(self) -> int:
        return self.last - self.first + 1


def buckets(ahead: pd.DatetimeIndex, period: Period) -> tuple[Bucket, ...]:
    """The periods that lie wholly in the days `ahead`; a week or month that has begun already is left out."""
    starts = pd.DatetimeIndex(period_starts(pd.Series(ahead), period))
    found = []
    for start in starts.unique():
        places = np.flatnonzero(starts == start) + 1
        whole = (following(start, period) - start).days
        if len(places) == whole:
            found.append(Bucket(start, int(places[0]), int(places[-1])))
    return tuple(found)


def even_buckets(horizon: int, days: int) -> tuple[Bucket, ...]:
    """Stretches of `days` from the first step on: weeks and months of 28 days of a back-test from any origin."""
    none = pd.Timestamp(0)
    return tuple(Bucket(none, k + 1, k + days) for k in range(0, horizon - days + 1, days))


def over(values: np.ndarray, periods: tuple[Bucket, ...]) -> np.ndarray:
    """[…, bucket]: the sums over the days of each bucket of [… , step]."""
    if not periods:
        return np.empty((*values.shape[:-1], 0))
    return np.stack([values[..., one.first - 1 : one.last].sum(axis=-1) for one in periods], axis=-1)
