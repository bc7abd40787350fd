"""Intervals of sums, calibrated after the summing: for every level, and for every stretch of days of the horizon.

The error of a week or month is the sum of one window's errors, never a multiple of a day's: days err together.
Many residuals: scaled conformal, pooled over the series of a level (Vovk et al. 2005).  Few (one county series, long
stretches, windows that overlap): their root mean square times Student's t of the *effective* number of residuals times
the shape (tail against the normal's) of the residuals of all levels.  The effective number counts what overlaps once:
origins / (1 + 2 Σ r²) with r the residuals' correlation between origins (Bartlett 1946), series likewise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from models.demand.coherence.temporal import Bucket, over
from models.demand.coherence.windows import Windows, known_mean
from models.demand.intervals import LEVELS

ENOUGH = 60.0
"""Effective residuals from which the order statistic is used alone (the 95 % one then has three beyond it)."""
SHIFTS = 3
"""Stretches that begin up to so many days earlier or later share residuals; at most a seventh of their length."""
MOST_SERIES = 400
"""Series of a level that the correlations are measured on."""

Widths = dict[str, dict[float, list[float]]]
"""level → coverage → one half-width per bucket, in units of the series' scale."""


@dataclass(frozen=True)
class Residuals:
    """Of one level and bucket: scaled errors [series, origin, shift] (the middle shift is the bucket itself)."""

    errors: np.ndarray

    @property
    def known(self) -> np.ndarray:
        return self.errors[~np.isnan(self.errors)]

    @property
    def spread(self) -> float:
        return float(np.sqrt(np.mean(self.known**2)))

    def effective(self, lags: int) -> float:
        """How many independent residuals these are worth."""
        middle = self.errors[:, :, self.errors.shape[2] // 2]
        some = middle[~np.isnan(middle).all(axis=1)]
        own = some[:MOST_SERIES]
        if not own.size:
            return 1.0
        own = own / np.maximum(np.sqrt(known_mean(own**2, axis=1)), 1e-12)[:, None]
        origins = float((~np.isnan(own)).sum(axis=1).mean())
        lags = min(lags, own.shape[1] - 1)
        along = np.nan_to_num([known_mean(own[:, k:] * own[:, :-k], axis=(0, 1)) for k in range(1, lags + 1)])
        in_time = origins / (1 + 2 * float(np.sum(np.maximum(along, 0.0) ** 2)))
        return in_time * _effective_series(own, in_time) * (len(some) / len(own))


def _effective_series(own: np.ndarray, in_time: float) -> float:
    """Series that err together count as fewer: n / (1 + (n − 1) r²), r² without what chance alone gives."""
    n = len(own)
    if n == 1:
        return 1.0
    filled = np.nan_to_num(own)
    together = filled @ filled.T / own.shape[1]
    squared = (np.sum(together**2) - np.sum(np.diag(together) ** 2)) / (n * (n - 1))
    return float(n / (1 + (n - 1) * min(max(squared - 1 / max(in_time, 1.0), 0.0), 1.0)))


def fit_widths(windows: Windows, level_of: Mapping[str, str], periods: Sequence[Bucket]) -> Widths:
    """Half-widths of every level and bucket, from residual windows of the published series.

    A level all of whose residuals are unknown in some bucket is left out.
    """
    levels = np.array([level_of[str(one)] for one in windows.ids])
    spacing = int(np.median(np.diff(windows.origins))) if len(windows.origins) > 1 else windows.horizon
    found: Widths = {str(level): {coverage: [] for coverage in LEVELS} for level in np.unique(levels)}
    errors = windows.errors
    for one in periods:
        parts = {level: Residuals(_shifted(errors[levels == level], one)) for level in found}
        parts = {level: part for level, part in parts.items() if len(part.known)}
        if not parts:
            continue
        lags = max(one.last // max(spacing, 1), 1)
        worth = {level: part.effective(lags) for level, part in parts.items()}
        tails = {coverage: _tail(parts, sum(worth.values()), coverage) for coverage in LEVELS}
        for level, part in parts.items():
            for coverage in LEVELS:
                found[level][coverage].append(_width(part, worth[level], coverage, tails[coverage]))
    return {level: by for level, by in found.items() if len(by[LEVELS[0]]) == len(periods)}


def _shifted(errors: np.ndarray, one: Bucket) -> np.ndarray:
    """[series, origin, shift]: errors of the bucket and of its neighbours of the same length."""
    reach = min(SHIFTS, max(one.days // 7, 1), one.first - 1, errors.shape[2] - one.last)
    near = [Bucket(one.start, one.first + k, one.last + k) for k in range(-reach, reach + 1)]
    return over(errors, tuple(near))


def _tail(parts: Mapping[str, Residuals], worth: float, coverage: float) -> float:
    """The quantile of all levels' |error| / spread against the normal's: 1 = as a normal, and where few are known."""
    pooled = np.concatenate([np.abs(part.known) / max(part.spread, 1e-12) for part in parts.values()])
    found = float(np.quantile(pooled, coverage) / stats.norm.ppf((1 + coverage) / 2))
    return (worth * found + ENOUGH) / (worth + ENOUGH)


def _width(part: Residuals, effective: float, coverage: float, tail: float) -> float:
    """The order statistic where enough residuals are known, Student's t where few are, in between by their share."""
    rank = min((effective + 1) * coverage / effective, 1.0)
    ordered = float(np.quantile(np.abs(part.known), rank))
    few = part.spread * float(stats.t.ppf((1 + coverage) / 2, max(effective, 1.0))) * tail
    share = min(effective / ENOUGH, 1.0)
    return share * ordered + (1 - share) * few


def bounds(value: np.ndarray, half: Mapping[float, np.ndarray]) -> dict[str, np.ndarray]:
    """low80, high80, low95, high95 around `value`: never below zero, never crossing."""
    inner, outer = half[LEVELS[0]], np.maximum(half[LEVELS[1]], half[LEVELS[0]])
    return {
        "low80": np.maximum(value - inner, 0.0),
        "high80": value + inner,
        "low95": np.maximum(value - outer, 0.0),
        "high95": value + outer,
    }


def published_intervals(
    values: np.ndarray, ids: Sequence[str], scale: np.ndarray, widths: Widths, level_of: Mapping[str, str]
) -> pd.DataFrame:
    """`series_id, step, value, low80, high80, low95, high95` of [series, bucket] values (step = bucket, from 1)."""
    half = {
        coverage: np.array([widths[level_of[str(one)]][coverage] for one in ids]) * scale[:, None]
        for coverage in LEVELS
    }
    n_buckets = values.shape[1]
    flat = {name: found.ravel() for name, found in bounds(values, half).items()}
    steps = np.tile(np.arange(1, n_buckets + 1), len(values))
    return pd.DataFrame({"series_id": np.repeat(list(ids), n_buckets), "step": steps, "value": values.ravel(), **flat})
