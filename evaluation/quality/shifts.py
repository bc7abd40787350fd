"""When did the practice change?  Two half-years side by side, month by month; a simple test that a clerk can repeat.

For every month the mean of the six months before is compared with that of the six months from it on:
t = |difference| / (s · sqrt(1/6 + 1/6)), s = the pooled standard deviation of the two halves.  A change is reported
where t >= 5 (10 degrees of freedom: about 1 in 2,000 by chance) *and* the difference is large enough to matter; of
neighbouring months only the strongest is kept.  A steady slope is not a change, nor is one odd month.
"""

from dataclasses import dataclass

import numpy as np

HALF = 6
"""Months on each side."""
LEAST_T = 5.0
LEAST_SHARE = 0.10
"""Smallest change of a share that is reported (10 percentage points)."""
LEAST_RATIO = 1.3
"""Smallest change of a volume that is reported (30 % more, or as much less)."""
SMALLEST_NOISE = 0.005
"""A share never varies less than this: perfectly even series would make any step infinitely sure."""


@dataclass(frozen=True)
class Change:
    """A step in a monthly series: the new practice begins in month `place`."""

    place: int
    before: float
    after: float
    t: float


def share_changes(values: np.ndarray) -> tuple[Change, ...]:
    """Steps in a series of shares (NaN = hidden or without rows), in order of time."""
    return _changes(values, values, LEAST_SHARE)


def volume_changes(values: np.ndarray) -> tuple[Change, ...]:
    """Steps in a series of counts, judged by ratio."""
    logs = np.log(np.where(values > 0, values, np.nan))
    return _changes(logs, values, float(np.log(LEAST_RATIO)))


def _changes(judged: np.ndarray, shown: np.ndarray, least: float) -> tuple[Change, ...]:
    places = range(HALF, len(judged) - HALF + 1)
    found = [(t, place) for place in places if (t := _t(judged, place, least)) >= LEAST_T]
    kept: list[tuple[float, int]] = []
    for t, place in sorted(found, key=lambda pair: (-pair[0], pair[1])):
        if all(abs(place - other) >= HALF for _, other in kept):
            kept.append((t, place))
    return tuple(_change(shown, place, t) for t, place in sorted(kept, key=lambda pair: pair[1]))


def _t(values: np.ndarray, place: int, least: float) -> float:
    """The test at one month; 0 when a month is unknown or the difference is small."""
    before, after = values[place - HALF : place], values[place : place + HALF]
    difference = abs(after.mean() - before.mean())
    if not difference >= least:  # also when a month is NaN
        return 0.0
    noise = max(float(np.sqrt((before.var(ddof=1) + after.var(ddof=1)) / 2)), SMALLEST_NOISE)
    return float(difference / (noise * np.sqrt(2 / HALF)))


def _change(values: np.ndarray, place: int, t: float) -> Change:
    return Change(place, float(values[place - HALF : place].mean()), float(values[place : place + HALF].mean()), t)
