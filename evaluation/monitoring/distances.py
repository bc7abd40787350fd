"""How far two samples of one number lie apart: PSI, Kolmogorov–Smirnov and Jensen–Shannon.  Unknown is a class."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp

BINS = 10
HALF_ROW = 0.5
"""Added to each class, so that an empty one has a logarithm."""


@dataclass(frozen=True)
class Distances:
    """Three distances, each 0 for equal samples.

    `psi`: 0 … without limit; .1 is usually called a shift worth a look and .25 a large one (Siddiqi 2006).
    `ks`: 0 … 1, largest difference of the two distribution functions of the known values; NaN without a known value.
    `jensen_shannon`: 0 … 1, distance (root of the divergence, base 2) of the classes.
    """

    psi: float
    ks: float
    jensen_shannon: float


def distances(before: np.ndarray, now: np.ndarray) -> Distances:
    """Distances of two samples; classes are tenths of `before`, and unknown.  Raises ValueError for an empty sample."""
    if not len(before) or not len(now):
        raise ValueError("A distance needs two samples with rows.")
    old, new = _classes(before, now)
    known, later = before[~np.isnan(before)], now[~np.isnan(now)]
    ks = float(ks_2samp(known, later).statistic) if len(known) and len(later) else float("nan")
    return Distances(psi(old, new), ks, float(jensenshannon(old, new, base=2)))


def psi(before: np.ndarray, now: np.ndarray) -> float:
    """Population stability index of two rows of counts: sum of (share now - share before) * ln(now / before)."""
    old, new = ((counts + HALF_ROW) / (counts + HALF_ROW).sum() for counts in (before, now))
    return float(((new - old) * np.log(new / old)).sum())


def _classes(before: np.ndarray, now: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = before[~np.isnan(before)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[:-1])) if len(known) else np.zeros(1)
    return _counts(before, edges), _counts(now, edges)


def _counts(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    place = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))
    return np.bincount(place, minlength=len(edges) + 2).astype(np.float64)
