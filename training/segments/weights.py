"""Inverse-probability weights: records of clients who seldom get one count for the many like them who have none.

Source: Rosenbaum & Rubin 1983, Biometrika 70:41 (propensity); Cole & Hernán 2008, Am. J. Epidemiol. 168:656 (limits).
The weight is the odds of *not* being recorded, which is the ratio of the two densities up to a constant.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from configs.errors import DataError
from models.learners.baseline import BaselineSettings, LogisticRegression

FEWEST = 50
"""Rows without a record below which nothing can be said of who gets one."""


@dataclass(frozen=True)
class Weighting:
    """The weight of each recorded row, and how much of the records' information is left."""

    weights: np.ndarray
    compared_with: int
    """Rows of eligible clients without a record."""
    limited: float
    """Share of rows whose weight was cut to a limit."""

    @property
    def effective_rows(self) -> float:
        """As many equally weighted rows would tell as much (Kish 1965)."""
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())

    @property
    def metrics(self) -> dict[str, float]:
        """For the run."""
        return {
            "weights_effective_rows": self.effective_rows,
            "weights_largest": float(self.weights.max()),
            "weights_limited_share": self.limited,
        }


def inverse_probability(
    recorded: np.ndarray,
    unrecorded: np.ndarray,
    names: Sequence[str],
    settings: BaselineSettings,
    limits: tuple[float, float],
) -> Weighting:
    """Weights (mean 1) of recorded rows from features known at their own as_of.

    `unrecorded` are rows of eligible clients without a record.  Raises DataError when there are too few of them.
    """
    if len(unrecorded) < FEWEST:
        raise DataError(
            f"fit.weights: {len(unrecorded)} rows of eligible clients without a record were found, at least {FEWEST} "
            "are needed. Build histories for more dates or write `weights: none`."
        )
    label = np.r_[np.ones(len(recorded)), np.zeros(len(unrecorded))].astype(np.int8)
    both = np.concatenate([recorded, unrecorded])
    line = LogisticRegression.fit(both, label, names, settings)
    score = line.raw(recorded)
    odds = np.exp(-(score - score.mean()))
    scaled = odds / odds.mean()
    weights = np.clip(scaled, *limits)
    return Weighting(weights / weights.mean(), len(unrecorded), float((weights != scaled).mean()))


def unrecorded_rows(
    clients: np.ndarray, as_of: np.ndarray, recorded: np.ndarray, until: np.datetime64, most: int, seed: int
) -> np.ndarray:
    """Row numbers of at most `most` client-months before `until`, drawn at random, of clients without any record."""
    days = as_of.astype("datetime64[D]")
    possible = np.flatnonzero((days < until) & ~np.isin(clients, recorded))
    drawn = np.random.default_rng(seed).choice(possible, min(most, len(possible)), replace=False)
    return np.sort(drawn)


def spread(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The values where the mask is True, NaN elsewhere."""
    found = np.full(len(mask), np.nan)
    found[mask] = values
    return found
