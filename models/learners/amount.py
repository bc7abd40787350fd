"""An expected amount (e.g. change in care minutes a week): boosted trees, an affine map, and an interval.

Contributions are in the unit of the amount and add up to the value shown.  The trees lower squared error, because the
sum that a planner needs is a sum of means, not of medians.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from configs.errors import ModelError
from models.learners.boosting import BoostedTrees

BINS = 4
"""Groups of like predictions, each with its own interval: the spread grows with what is expected."""
COVERAGE = 0.80


@dataclass(frozen=True)
class AmountExplained:
    """Rows explained in the unit of the amount: base + shares of a row = its value."""

    base: float
    shares: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class AmountModel:
    """value = intercept + slope * raw score; the interval is value + the residuals of held-out clients like it."""

    learner: BoostedTrees
    slope: float
    intercept: float
    edges: tuple[float, ...]
    """Values between the groups of like predictions, lowest first."""
    below: tuple[float, ...]
    """Per group: the 10 % quantile of held-out residuals (a negative number where some came out lower)."""
    above: tuple[float, ...]
    """Per group: the 90 % quantile."""

    @classmethod
    def fit(cls, learner: BoostedTrees, held_out_raw: np.ndarray, amounts: np.ndarray) -> "AmountModel":
        """Map and interval from held-out scores (conformal within groups of like predictions, 80 %).

        Raises ModelError when held-out scores and amounts do not go together at all.
        """
        slope, intercept = _line(held_out_raw, amounts)
        values = intercept + slope * held_out_raw
        edges = np.quantile(values, np.arange(1, BINS) / BINS)
        groups = np.searchsorted(edges, values, side="right")
        residuals = [np.sort((amounts - values)[groups == group]) for group in range(BINS)]
        everyone = np.sort(amounts - values)
        kept = [one if len(one) * (1 - COVERAGE) / 2 >= 1 else everyone for one in residuals]
        return cls(
            learner,
            slope,
            intercept,
            tuple(float(edge) for edge in edges),
            tuple(_quantile(one, (1 - COVERAGE) / 2) for one in kept),
            tuple(_quantile(one, (1 + COVERAGE) / 2) for one in kept),
        )

    def values(self, rows: np.ndarray) -> np.ndarray:
        """The expected amount of each row."""
        return np.asarray(self.intercept + self.slope * self.learner.raw(rows))

    def interval(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """80 % interval around expected amounts: (low, high)."""
        groups = np.searchsorted(self.edges, values, side="right")
        return values + np.array(self.below)[groups], values + np.array(self.above)[groups]

    def explain(self, rows: np.ndarray) -> AmountExplained:
        """Values with their shares; the value is the sum of the shares."""
        base, shares = self.learner.contributions(rows)
        shown, shown_base = self.slope * shares, self.intercept + self.slope * base
        return AmountExplained(shown_base, shown, shown_base + shown.sum(axis=1))

    def to_files(self, name: str) -> tuple[dict[str, bytes], dict[str, object]]:
        """(files, entry of the bundle's model.json)."""
        file = f"{name}.amount.lgb.txt"
        numbers = {"slope": self.slope, "intercept": self.intercept}
        groups = {"edges": list(self.edges), "below": list(self.below), "above": list(self.above)}
        return {file: self.learner.to_bytes()}, {"file": file, **numbers, **groups}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes], entry: Mapping[str, object]) -> "AmountModel":
        """The inverse of `to_files`.  Raises ModelError for a missing file."""
        file = str(entry["file"])
        if file not in files:
            raise ModelError(f"The bundle lacks its file {file}. Fetch it again or train a new version.")
        numbers = json.loads(json.dumps(entry))
        groups = (tuple(float(value) for value in numbers[name]) for name in ("edges", "below", "above"))
        slope, intercept = float(numbers["slope"]), float(numbers["intercept"])
        return cls(BoostedTrees.from_bytes(files[file]), slope, intercept, *groups)


def _line(raw: np.ndarray, amounts: np.ndarray) -> tuple[float, float]:
    spread = float(np.var(raw))
    slope = float(np.mean((raw - raw.mean()) * (amounts - amounts.mean()))) / spread if spread else 0.0
    if not slope > 0:
        raise ModelError(
            "The expected amounts of held-out clients do not follow what happened to them. "
            "Add training rows or index dates, or check the outcome."
        )
    return slope, float(amounts.mean() - slope * raw.mean())


def _quantile(sorted_residuals: np.ndarray, share: float) -> float:
    """The conformal quantile: counted over n + 1 places, so that the next client is covered as promised."""
    n = len(sorted_residuals)
    counted = round((n + 1) * share, 6)  # .1 of 20 is 2 and not 1.9999999999999996
    place = np.ceil(counted) - 1 if share > 0.5 else np.floor(counted) - 1
    return float(sorted_residuals[int(np.clip(place, 0, n - 1))])
