"""A Gaussian mixture on a few principal scores: groups of alike histories, for a report, never for an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from configs.errors import ModelError
from models.learners.baseline import filled, median_of, standardise

RESTARTS = 3
SMALLEST_VARIANCE = 1e-3
"""Added to each variance, so that no group shrinks to one client."""


@dataclass(frozen=True)
class Mixture:
    """Fitted groups; unknown values count as the median."""

    median: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    scores: Any
    groups: Any
    explained: float
    """Share of the standardised variance that the principal scores keep."""

    @classmethod
    def fit(cls, rows: np.ndarray, numbers: Sequence[int], scores: int, seed: int) -> "Mixture":
        """The number of groups among `numbers` with the lowest Bayesian information criterion (Schwarz 1978).

        Raises ModelError with fewer rows than ten for each group.
        """
        from sklearn.decomposition import PCA  # here: answering needs no scikit-learn
        from sklearn.mixture import GaussianMixture

        if len(rows) < 10 * max(numbers):
            raise ModelError(
                f"{len(rows)} rows are too few for {max(numbers)} groups; at least ten rows each are needed."
            )
        median = median_of(rows)
        values = filled(rows, median)
        mean, deviation = values.mean(axis=0), values.std(axis=0)
        spread = np.where(deviation > 0, deviation, 1.0)
        flat = PCA(min(scores, *rows.shape), svd_solver="full").fit(standardise(values, mean, spread))
        points = flat.transform(standardise(values, mean, spread))
        tried = [
            GaussianMixture(number, n_init=RESTARTS, reg_covar=SMALLEST_VARIANCE, random_state=seed).fit(points)
            for number in numbers
        ]
        best = min(tried, key=lambda one: one.bic(points))
        return cls(median, mean, spread, flat, best, float(flat.explained_variance_ratio_.sum()))

    def assign(self, rows: np.ndarray) -> np.ndarray:
        """The group number of each row, the largest group of these rows being 0."""
        values = standardise(filled(rows, self.median), self.mean, self.spread)
        found = self.groups.predict(self.scores.transform(values))
        sizes = np.bincount(found, minlength=self.groups.n_components)
        rank = np.empty(len(sizes), dtype=np.int64)
        rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
        return np.asarray(rank[found])
