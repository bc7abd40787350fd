"""Calibration that keeps explanations exact: an affine map of the log-odds (Platt scaling)."""

from dataclasses import dataclass

import numpy as np

from configs.errors import ModelError

STEPS = 100
SMALLEST_STEP = 1e-12
ROUNDING = 1e-14
"""Two sums of losses closer than this share are the same number."""
PRIOR = 1.0
"""Weight, in observations, of the prior `slope 1, intercept 0`: keeps a separable sample finite."""


def sigmoid(log_odds: np.ndarray) -> np.ndarray:
    """Probability of a log-odds, without overflow."""
    positive = np.exp(-np.abs(log_odds))
    return np.asarray(np.where(log_odds >= 0, 1 / (1 + positive), positive / (1 + positive)))


@dataclass(frozen=True)
class Calibration:
    """shown log-odds = intercept + slope * raw score.  The slope is above zero, so the order of clients stays."""

    slope: float = 1.0
    intercept: float = 0.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.slope) and np.isfinite(self.intercept) and self.slope > 0):
            raise ModelError(
                f"The calibration slope is {self.slope:.3g}; it must be above 0. "
                "The model ranks held-out clients no better than chance: check the labels or add training rows."
            )

    def log_odds(self, raw: np.ndarray) -> np.ndarray:
        """The log-odds that are shown."""
        return np.asarray(self.intercept + self.slope * raw)

    def to_dict(self) -> dict[str, float]:
        """For the bundle's JSON."""
        return {"slope": self.slope, "intercept": self.intercept}


def fit_platt(raw: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> Calibration:
    """The most likely affine map of held-out raw scores (Newton's method, weak prior); `weights` as in the learners.

    Raises ModelError when the labels are all alike or the scores rank them the wrong way round.
    """
    if len(np.unique(labels)) < 2:
        raise ModelError(f"The {len(labels)} held-out labels are all alike; both yes and no are needed to calibrate.")
    design = np.column_stack([raw, np.ones_like(raw)]).astype(np.float64)
    line = most_likely(design, labels, np.array([1.0, 0.0]), weights)
    return Calibration(float(line[0]), float(line[1]))


def most_likely(
    design: np.ndarray, labels: np.ndarray, prior: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Coefficients of a logistic regression drawn weakly (PRIOR) towards `prior`, by Newton's method.

    A step that would make the likelihood worse is halved: far from the answer a full one runs off.
    """
    heavy = np.ones(len(labels)) if weights is None else weights.astype(np.float64)
    signs = np.where(labels == 1, 1.0, -1.0)

    def loss(at: np.ndarray) -> float:
        return float(heavy @ np.logaddexp(0, -signs * (design @ at)) + PRIOR / 2 * ((at - prior) ** 2).sum())

    found = prior.astype(np.float64)
    now = loss(found)
    for _ in range(STEPS):
        p = sigmoid(design @ found)
        gradient = design.T @ (heavy * (p - labels)) + PRIOR * (found - prior)
        curvature = (design * (heavy * p * (1 - p))[:, None]).T @ design + PRIOR * np.eye(len(prior))
        step = np.linalg.solve(curvature, gradient)
        while loss(found - step) > now + ROUNDING * abs(now) and np.abs(step).max() > SMALLEST_STEP:
            step = step / 2
        found, now = found - step, loss(found - step)
        if np.abs(step).max() < SMALLEST_STEP:
            break
    return found
