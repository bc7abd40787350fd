"""Logistic regression: the plain model beside every LightGBM, kept as readable JSON coefficients."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from configs.errors import ModelError
from configs.loader import StrictConfig

LARGEST_STANDARDISED = 8.0
"""A value further than this many standard deviations from the mean counts as this far: one odd row must not rule."""


class BaselineSettings(StrictConfig):
    """Strength of the ridge: `c` is its inverse, as in scikit-learn."""

    c: float = Field(default=0.05, gt=0)


@dataclass(frozen=True)
class LogisticRegression:
    """score = intercept + sum(coefficient * (value - mean) / spread); an unknown value counts as the median."""

    feature_names: tuple[str, ...]
    intercept: float
    coefficients: np.ndarray
    median: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    kind = "logistic"

    @classmethod
    def fit(
        cls,
        rows: np.ndarray,
        labels: np.ndarray,
        names: Sequence[str],
        settings: BaselineSettings,
        weights: np.ndarray | None = None,
    ) -> "LogisticRegression":
        """Fit on filled and standardised columns.  Raises ModelError when only one class is present.

        `weights` (one per row, mean about 1) say how many rows each row stands for; None = one each.
        """
        from sklearn.linear_model import LogisticRegression as Sklearn  # here: answering needs no scikit-learn

        if len(np.unique(labels)) < 2:
            raise ModelError(f"The {len(labels)} training labels are all alike; both yes and no are needed to learn.")
        median = median_of(rows)
        values = filled(rows, median)
        mean, deviation = values.mean(axis=0), values.std(axis=0)
        spread = np.where(deviation > 0, deviation, 1.0)
        learner = Sklearn(C=settings.c, max_iter=2000)
        fitted = learner.fit(standardise(values, mean, spread), labels, sample_weight=weights)
        return cls(tuple(names), float(fitted.intercept_[0]), fitted.coef_[0].copy(), median, mean, spread)

    def raw(self, rows: np.ndarray) -> np.ndarray:
        """Log-odds of each row before calibration."""
        base, shares = self.contributions(rows)
        return np.asarray(base + shares.sum(axis=1))

    def contributions(self, rows: np.ndarray) -> tuple[float, np.ndarray]:
        """(base, shares [rows x features]): coefficient times centred value."""
        return self.intercept, self.coefficients * self.standardised(rows)

    def standardised(self, rows: np.ndarray) -> np.ndarray:
        """The values that the coefficients multiply: filled, centred, in standard deviations."""
        return standardise(filled(rows, self.median), self.mean, self.spread)

    def to_bytes(self) -> bytes:
        """JSON with every number in full precision."""
        values = {
            "feature_names": list(self.feature_names),
            "intercept": self.intercept,
            "coefficients": self.coefficients.tolist(),
            "median": self.median.tolist(),
            "mean": self.mean.tolist(),
            "spread": self.spread.tolist(),
        }
        return json.dumps(values, indent=1).encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes) -> "LogisticRegression":
        """The inverse of `to_bytes`."""
        values = json.loads(data)
        arrays = {name: np.array(values[name]) for name in ("coefficients", "median", "mean", "spread")}
        return cls(tuple(values["feature_names"]), float(values["intercept"]), **arrays)


def median_of(rows: np.ndarray) -> np.ndarray:
    """Median of the known values of each column; 0 for a column with none."""
    columns = (column[~np.isnan(column)] for column in rows.T)
    return np.array([float(np.median(known)) if len(known) else 0.0 for known in columns])


def filled(rows: np.ndarray, median: np.ndarray) -> np.ndarray:
    """Unknown values as the median."""
    return np.where(np.isnan(rows), median, rows.astype(np.float64))


def standardise(values: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Centred, in standard deviations, no further out than LARGEST_STANDARDISED."""
    return np.clip((values - mean) / spread, -LARGEST_STANDARDISED, LARGEST_STANDARDISED)
