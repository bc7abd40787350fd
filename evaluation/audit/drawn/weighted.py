"""Means of a stratified sample and their standard errors."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Strata:
    """Which stratum each sampled row is of, and what share of the whole each stratum is.

    The mean of the whole is the sum of (share x stratum's mean); its standard error is the root of the sum of
    share^2 x variance / rows.  No finite-population correction: the sample also stands for clients to come.
    Source: Cochran 1977, Sampling Techniques, ch. 5.
    """

    stratum: np.ndarray
    """Per row: 0 … strata - 1."""
    share: np.ndarray
    """Per stratum; they sum to 1."""

    @property
    def weights(self) -> np.ndarray:
        """Per row: share of its stratum divided by the stratum's rows; they sum to 1."""
        rows = np.bincount(self.stratum, minlength=len(self.share))
        return np.asarray((self.share / np.maximum(rows, 1))[self.stratum])

    def mean(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(means, standard errors) over rows; `values` is rows or rows x columns."""
        columns = values.reshape(len(values), -1).astype(np.float64)
        mean, variance = np.zeros(columns.shape[1]), np.zeros(columns.shape[1])
        for number, share in enumerate(self.share):
            own = columns[self.stratum == number]
            if len(own):
                mean += share * own.mean(axis=0)
                variance += share**2 * _variance(own) / len(own)
        return mean.reshape(values.shape[1:]), np.sqrt(variance).reshape(values.shape[1:])

    def part(self, kept: np.ndarray) -> "Strata":
        """The rows of a mask, with the shares of the strata among those rows' weights."""
        weight = np.bincount(self.stratum[kept], self.weights[kept], minlength=len(self.share))
        return Strata(self.stratum[kept], weight / (weight.sum() or 1.0))


def _variance(own: np.ndarray) -> np.ndarray:
    return own.var(axis=0, ddof=1) if len(own) > 1 else np.zeros(own.shape[1])


def tenths(values: np.ndarray, parts: int = 10) -> np.ndarray:
    """The tenth of each value by rank, 0 = the lowest."""
    rank = np.empty(len(values), np.int64)
    rank[np.argsort(values, kind="stable")] = np.arange(len(values))
    return rank * parts // max(len(values), 1)


def draw(stratum: np.ndarray, rows: int, seed: int) -> np.ndarray:
    """Row numbers of a sample that takes the same share of every stratum; every row when there are not more."""
    if len(stratum) <= rows:
        return np.arange(len(stratum))
    rng = np.random.default_rng(seed)
    chosen = []
    for number in np.unique(stratum):
        own = np.flatnonzero(stratum == number)
        wanted = max(round(rows * len(own) / len(stratum)), 1)
        chosen.append(rng.choice(own, min(wanted, len(own)), replace=False))
    return np.sort(np.concatenate(chosen))
