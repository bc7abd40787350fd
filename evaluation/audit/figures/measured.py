"""Performance from stored predictions with client-level bootstrap intervals, all metrics on the same draws.

The same draws as `evaluation.metrics.bootstrap` (its seed, its repeats): that one takes rows anew and is the readable
reference, this one counts how often each client was drawn and weighs her rows, which needs one sort instead of many.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from evaluation.held_out.stored import PROBABILITY_METRICS
from evaluation.metrics import BOOTSTRAP_REPEATS, INTERVAL_LEVEL, SMALLEST_PROBABILITY, log_odds

NAMES = tuple(PROBABILITY_METRICS)
STEPS = 4
"""Newton steps from the whole sample's solution; the error after them is far below the interval's width."""


def measured(part: pd.DataFrame, repeats: int = BOOTSTRAP_REPEATS, seed: int = 1) -> dict[str, dict[str, Any]]:
    """Each metric of one output's rows: value, low, high, baseline(_low, _high), gain(_low, _high).

    `gain` = model minus baseline on the same draws.  None = undefined.
    """
    sides = {name: Side.of(part["label"].to_numpy(), part[name].to_numpy(np.float64)) for name in ("p", "baseline_p")}
    drawn = np.array(
        [
            [side.figures(weight) for side in sides.values()]
            for weight in _weights(part["client"].to_numpy(), repeats, seed)
        ]
    )
    label = part["label"].to_numpy()
    whole = [[PROBABILITY_METRICS[name](label, side.p) for name in NAMES] for side in sides.values()]
    return {name: _told(whole[0][k], whole[1][k], drawn[:, 0, k], drawn[:, 1, k]) for k, name in enumerate(NAMES)}


def auroc_interval(
    part: pd.DataFrame, repeats: int = BOOTSTRAP_REPEATS, seed: int = 1
) -> tuple[float | None, float | None]:
    """The 95 % interval of the AUROC of `p` alone: (low, high), None when it is undefined in most draws."""
    side = Side.of(part["label"].to_numpy(), part["p"].to_numpy(np.float64))
    return _ends(np.array([side.auroc(weight) for weight in _weights(part["client"].to_numpy(), repeats, seed)]))


def _weights(client: np.ndarray, repeats: int, seed: int) -> Iterator[np.ndarray]:
    """Per draw: how often each row is in it."""
    people, number = np.unique(client, return_inverse=True)
    rng = np.random.default_rng(seed)
    for _ in range(repeats):
        chosen = rng.integers(0, len(people), len(people))
        yield np.bincount(chosen, minlength=len(people))[number].astype(np.float64)


def _told(own: float, base: float, drawn: np.ndarray, drawn_base: np.ndarray) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    triples = {"": (own, drawn), "baseline": (base, drawn_base), "gain": (own - base, drawn - drawn_base)}
    for prefix, (value, draws) in triples.items():
        low, high = _ends(draws)
        name = f"{prefix}_" if prefix else ""
        found |= {prefix or "value": _finite(value), f"{name}low": low, f"{name}high": high}
    return found


def _ends(draws: np.ndarray) -> tuple[float | None, float | None]:
    finite = draws[np.isfinite(draws)]
    if finite.size * 2 < draws.size:
        return None, None
    low, high = np.quantile(finite, [(1 - INTERVAL_LEVEL) / 2, (1 + INTERVAL_LEVEL) / 2])
    return float(low), float(high)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


@dataclass(frozen=True)
class Side:
    """One model's probabilities with what does not change between draws worked out once."""

    label: np.ndarray
    p: np.ndarray

    @classmethod
    def of(cls, label: np.ndarray, p: np.ndarray) -> "Side":
        return cls(label.astype(np.float64), p)

    def figures(self, weight: np.ndarray) -> tuple[float, ...]:
        """Every metric of `NAMES` when row i counts `weight[i]` times."""
        found = self._by_name(weight)
        return tuple(found[name] for name in NAMES)

    def auroc(self, weight: np.ndarray) -> float:
        """The area alone."""
        return self._ranked(weight, weight * self.label)[0]

    def _by_name(self, weight: np.ndarray) -> Mapping[str, float]:
        positive, whole = weight * self.label, float(weight.sum())
        area, precision = self._ranked(weight, positive)
        slope, intercept = self._calibrated(weight, float(positive.sum()), whole)
        return {
            "auroc": area,
            "auprc": precision,
            "brier": float(weight @ self._square) / whole,
            "log_loss": float(weight @ self._loss) / whole,
            "calibration_slope": slope,
            "calibration_intercept": intercept,
            "observed_to_expected": float(positive.sum() / (weight @ self.p)),
        }

    def _ranked(self, weight: np.ndarray, positive: np.ndarray) -> tuple[float, float]:
        """(AUROC, average precision) by one walk down the sorted probabilities; equal ones are one step."""
        hits = np.add.reduceat(positive[self._order], self._first)
        rows = np.add.reduceat(weight[self._order], self._first)
        found, taken = np.cumsum(hits), np.cumsum(rows)
        positives, negatives = found[-1], taken[-1] - found[-1]
        if positives == 0:
            return float("nan"), float("nan")
        precision = float(np.sum(hits * np.divide(found, taken, out=np.zeros_like(found), where=taken > 0)) / positives)
        if negatives == 0:
            return float("nan"), precision
        missed = rows - hits
        below = negatives - np.cumsum(missed) + missed / 2
        return float(np.sum(hits * below) / (positives * negatives)), precision

    def _calibrated(self, weight: np.ndarray, positives: float, whole: float) -> tuple[float, float]:
        if not 0 < positives < whole:
            return float("nan"), float("nan")
        intercept = float(newton(self._ones, self.label, weight, self._x, self._shift)[0])
        if np.ptp(self._x) == 0:
            return float("nan"), intercept
        return float(newton(self._design, self.label, weight, self._zero, self._line)[1]), intercept

    @cached_property
    def _order(self) -> np.ndarray:
        return np.argsort(-self.p, kind="stable")

    @cached_property
    def _first(self) -> np.ndarray:
        return np.concatenate([[0], np.flatnonzero(np.diff(self.p[self._order])) + 1])

    @cached_property
    def _square(self) -> np.ndarray:
        return np.asarray((self.p - self.label) ** 2)

    @cached_property
    def _loss(self) -> np.ndarray:
        p = np.clip(self.p, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
        return np.asarray(-np.where(self.label == 1, np.log(p), np.log1p(-p)))

    @cached_property
    def _x(self) -> np.ndarray:
        return log_odds(self.p)

    @cached_property
    def _ones(self) -> np.ndarray:
        return np.ones((self.p.size, 1))

    @cached_property
    def _zero(self) -> np.ndarray:
        return np.zeros(self.p.size)

    @cached_property
    def _design(self) -> np.ndarray:
        return np.column_stack([np.ones(self.p.size), self._x])

    @cached_property
    def _shift(self) -> np.ndarray:
        return newton(self._ones, self.label, np.ones(self.p.size), self._x, np.zeros(1), 30)

    @cached_property
    def _line(self) -> np.ndarray:
        return newton(self._design, self.label, np.ones(self.p.size), self._zero, np.zeros(2), 30)


def newton(
    design: np.ndarray, label: np.ndarray, weight: np.ndarray, offset: np.ndarray, start: np.ndarray, steps: int = STEPS
) -> np.ndarray:
    """Coefficients of a weighted logistic regression with an offset, by Newton steps from `start`."""
    beta = start
    for _ in range(steps):
        expected = 1 / (1 + np.exp(-np.clip(offset + design @ beta, -500, 500)))
        curvature = weight * np.maximum(expected * (1 - expected), 1e-12)
        slope = design.T @ (weight * (label - expected))
        step = np.linalg.solve(design.T @ (design * curvature[:, None]), slope)
        beta = beta + np.clip(step, -5, 5)
        if np.max(np.abs(step)) < 1e-10:
            break
    return beta
