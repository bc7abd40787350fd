"""A forecast's quantiles between the published ones, and those of a pool of several areas."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

KNOTS = norm.ppf([0.025, 0.1, 0.5, 0.9, 0.975])
COLUMNS = ("low95", "low80", "value", "high80", "high95")


def quantile(table: pd.DataFrame, share: float) -> np.ndarray:
    """float64[row]: the quantile `share` of each row of `value, low80, high80, low95, high95`, at least zero.

    Straight lines between the published quantiles on the normal scale, and outside them along the last line.
    """
    points = table[list(COLUMNS)].to_numpy(float)
    z = float(norm.ppf(share))
    last = int(np.clip(np.searchsorted(KNOTS, z), 1, len(KNOTS) - 1))
    left, right = KNOTS[last - 1], KNOTS[last]
    place = (z - left) / (right - left)
    return np.asarray(np.maximum(points[:, last - 1] * (1 - place) + points[:, last] * place, 0.0), float)


@dataclass(frozen=True)
class Pool:
    """What several areas need apart and together at a service level: float64[date] each, in the forecast's unit."""

    apart: np.ndarray
    together: np.ndarray
    correlation: np.ndarray
    """Of two areas' errors that the two sums imply; 1 = pooling helps nothing."""

    @property
    def gain(self) -> np.ndarray:
        """What the pool saves."""
        return np.asarray(self.apart - self.together, float)


def pool(areas: list[pd.DataFrame], share: float, whole: pd.DataFrame | None, assumed: float | np.ndarray) -> Pool:
    """The quantile of a sum of areas, from the joint uncertainty of their forecasts.

    `areas` are their tables, same dates in the same order.  `whole` is a calibrated forecast of the sum of exactly
    these areas: its own quantile is the pool's.  Without it the reserves d above the means add as
    √(Σd² + ρ((Σd)² − Σd²)) with the correlation `assumed` (one number, or one per date).  A pool never needs more than
    its areas apart.
    """
    reserves = np.array([quantile(one, share) - one["value"].to_numpy(float) for one in areas])
    mean = np.sum([one["value"].to_numpy(float) for one in areas], axis=0)
    squares, square = (reserves**2).sum(axis=0), reserves.sum(axis=0) ** 2
    if whole is not None:
        reserve = quantile(whole, share) - whole["value"].to_numpy(float)
        reserve = np.minimum(reserve, reserves.sum(axis=0))
    else:
        reserve = np.sign(reserves.sum(axis=0)) * np.sqrt(squares + assumed * (square - squares))
    both = np.where(square - squares > 0, square - squares, 1.0)
    implied = np.clip(np.where(square - squares > 0, (reserve**2 - squares) / both, 1.0), -1.0, 1.0)
    return Pool(mean + reserves.sum(axis=0), mean + reserve, implied)


def implied_correlation(areas: list[pd.DataFrame], whole: pd.DataFrame, share: float) -> np.ndarray:
    """float64[date]: the correlation of the areas' errors that makes their sum as uncertain as `whole` says."""
    return pool(areas, share, whole, 1.0).correlation
