"""One alarm state per period over all features together: did the newest period leave the path of those before it?

Each feature is a mean over clients per period.  Its path (level, trend, season) is fitted to the earlier periods and
foretells the newest one; the miss is one weighted sum over a client's rows.  The null distribution of the largest miss
of all features together comes from random signs **by client**: a client of every period is drawn once, with
all rows and all features, so neither repeated clients nor related features make alarms (Westfall & Young 1993).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from configs.errors import DataError

LEAST_PERIODS = 4
LEAST_WITH_SEASON = 7
DRAWS = 999


@dataclass(frozen=True)
class Periods:
    """Rows of clients in periods.  `values`: rows x features, NaN where not known; `period`: index, newest highest."""

    client: np.ndarray
    period: np.ndarray
    dates: Sequence[date]
    names: Sequence[str]
    values: np.ndarray

    def __post_init__(self) -> None:
        if len(self.dates) < LEAST_PERIODS:
            raise DataError(
                f"Drift needs {LEAST_PERIODS} periods, found {len(self.dates)}. Widen `dates` of the histories' config."
            )


@dataclass(frozen=True)
class Tested:
    """One feature's newest mean beside what its path foretold.  `p`: corrected for the number of features."""

    name: str
    expected: float
    found: float
    error: float
    p: float
    alarm: bool


def judged(periods: Periods, level: float, smallest: float, season: bool = True, seed: int = 0) -> list[Tested]:
    """Every feature tested; the family has an alarm when any feature has.

    `level`: chance of any alarm in a quiet period.  `smallest`: least miss that is told, in standard deviations.
    A feature is its standardised rank among all rows, and apart from it the share of rows where it is known.
    """
    values, names = _scores(periods)
    design = _design(periods.dates, season)
    means, influence = _misses(periods, values, contrast(design))
    expected, found = contrast(design)[:-1] @ -means[:-1], means[-1]
    miss, sampled = found - expected, np.sqrt((influence**2).sum(axis=0)) + 1e-12
    error = np.maximum(sampled, _unsteadiness(design, means[:-1]))
    largest = _null(influence / sampled, seed)
    corrected = [(1 + int((largest >= size).sum())) / (1 + DRAWS) for size in np.abs(miss) / error]
    return [
        Tested(name, float(e), float(f), float(s), p, bool(p <= level and abs(f - e) >= smallest))
        for name, e, f, s, p in zip(names, expected, found, error, corrected, strict=True)
    ]


def contrast(design: np.ndarray) -> np.ndarray:
    """Weights of the periods' means: 1 for the newest, minus what least squares takes of each earlier one."""
    return np.append(-design[-1] @ np.linalg.pinv(design[:-1]), 1.0)


def _design(dates: Sequence[date], season: bool) -> np.ndarray:
    """Periods x (level, trend and, with two full years before the newest period, quarter of the year)."""
    years = np.array([(day - dates[-1]).days / 365.25 for day in dates])
    columns = [np.ones(len(dates)), years]
    if season and years[0] <= -2.0 and len(dates) > LEAST_WITH_SEASON:
        quarters = np.array([(day.month - 1) // 3 for day in dates])
        columns += [(quarters == quarter).astype(float) for quarter in sorted(set(quarters.tolist()))[1:]]
    return np.column_stack(columns)


def _unsteadiness(design: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Error of the foretold mean that the earlier periods' own distance from the path speaks for.

    A feature that already jumped or swings with the weather of the years is not foretold by a path; its miss is judged
    by how it swung, however many clients there are.
    """
    earlier = design[:-1]
    left = means - earlier @ (np.linalg.pinv(earlier) @ means)
    free = len(means) - np.linalg.matrix_rank(earlier)
    return np.asarray(np.sqrt((left**2).sum(axis=0) / max(1, free)) * np.linalg.norm(contrast(design)))


def _scores(periods: Periods) -> tuple[np.ndarray, list[str]]:
    """Standardised ranks and, where some rows are unknown, indicators of being known, in standard deviations."""
    known = ~np.isnan(periods.values)
    ranks = np.column_stack([_ranked(column) for column in periods.values.T])
    partly = known.any(axis=0) & ~known.all(axis=0)
    spread = np.where(known.std(axis=0) > 0, known.std(axis=0), 1.0)
    names = [*periods.names, *(f"{name} known" for name, part in zip(periods.names, partly, strict=True) if part)]
    return np.column_stack([ranks, (known / spread)[:, partly]]), names


def _ranked(column: np.ndarray) -> np.ndarray:
    known = column[~np.isnan(column)]
    order = np.sort(known)
    middle = (np.searchsorted(order, column, "left") + np.searchsorted(order, column, "right")) / 2
    spread = middle[~np.isnan(column)].std() if len(known) else 0.0
    return np.where(np.isnan(column), np.nan, middle / spread if spread > 0 else 0.0)


def _misses(periods: Periods, values: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(means: periods x features, influence on the miss: clients x features)."""
    _, place = np.unique(periods.client.astype(str), return_inverse=True)
    influence = np.zeros((place.max() + 1, values.shape[1]))
    means = np.zeros((len(weight), values.shape[1]))
    for number, share in enumerate(weight):
        rows = np.flatnonzero(periods.period == number)
        part, known = values[rows], ~np.isnan(values[rows])
        n = np.maximum(known.sum(axis=0), 1)
        means[number] = np.where(known, part, 0.0).sum(axis=0) / n
        np.add.at(influence, place[rows], share * np.where(known, part - means[number], 0.0) / n)
    return means, influence


def _null(standard: np.ndarray, seed: int) -> np.ndarray:
    """Largest absolute standardised miss of each draw of signs by client."""
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(DRAWS, len(standard)))
    return np.abs(signs @ standard).max(axis=1)
