"""Four ways from held-out scores to probabilities, on the same rows: what would another than the affine map gain?

Only the affine map keeps base + contributions = the number shown; the others stay in the report.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from evaluation import metrics
from models.learners.calibration import fit_platt, most_likely, sigmoid
from models.learners.isotonic import isotonic_fit

Calibrator = Callable[[np.ndarray], np.ndarray]
BINS = 10
MOST_POINTS = 500
"""Venn-Abers is computed at no more scores than this, with lines between: two isotonic fits for each."""


def affine(scores: np.ndarray, labels: np.ndarray) -> Calibrator:
    """Platt scaling, as served (Platt 1999)."""
    fitted = fit_platt(scores, labels)
    return lambda new: sigmoid(fitted.log_odds(new))


def isotonic(scores: np.ndarray, labels: np.ndarray) -> Calibrator:
    """The best rising step function, lines between the steps (Zadrozny & Elkan 2002); never nearer to 0 or 1 than
    one row in all could tell."""
    points, shares = isotonic_fit(scores, labels)
    edge = 1 / (len(labels) + 1)
    return lambda new: np.clip(np.interp(new, points, shares), edge, 1 - edge)


def beta(scores: np.ndarray, labels: np.ndarray) -> Calibrator:
    """Beta calibration: log-odds = a ln p - b ln(1 - p) + c with a, b >= 0 (Kull et al. 2017, AISTATS)."""
    design = _beta_columns(scores)
    free = np.array([True, True, True])
    fitted = _fit_beta(design, labels, free)
    for place in (0, 1):
        if fitted[place] < 0:  # the paper's own rule: a falling side is left out and the rest fitted again
            free[place] = False
            fitted = _fit_beta(design, labels, free)
    return lambda new: sigmoid(_beta_columns(new) @ fitted)


def venn_abers(scores: np.ndarray, labels: np.ndarray) -> Calibrator:
    """Inductive Venn-Abers: isotonic fits with the new row as a no and as a yes, merged for log loss
    (Vovk & Petej 2014; p = p1 / (1 - p0 + p1))."""

    def calibrated(new: np.ndarray) -> np.ndarray:
        points = np.unique(new)
        if len(points) > MOST_POINTS:
            points = np.quantile(points, np.linspace(0, 1, MOST_POINTS))
        no, yes = np.array([_two_sided(scores, labels, point) for point in points]).T
        return np.asarray(np.interp(new, points, yes / (1 - no + yes)))

    return calibrated


METHODS: Mapping[str, Callable[[np.ndarray, np.ndarray], Calibrator]] = {
    "affine": affine,
    "isotonic": isotonic,
    "beta": beta,
    "venn_abers": venn_abers,
}


def expected_calibration_error(label: np.ndarray, p: np.ndarray, bins: int = BINS) -> float:
    """Mean distance of mean probability and observed share in ten groups of equal size, weighted by rows.

    Unit: share, range 0-1.  0 = equal in every group; grows by chance alone when rows are few.
    Source: Naeini, Cooper & Hauskrecht 2015, AAAI.
    """
    groups = metrics.reliability(label, p, bins)
    return float(sum(rows * abs(mean - seen) for rows, mean, seen in groups) / label.size)


def compare_calibrations(
    scores: np.ndarray, labels: np.ndarray, folds: np.ndarray, new_scores: np.ndarray, new_labels: np.ndarray
) -> dict[str, Any]:
    """JSON-ready figures per method: on held-out folds of the training rows, and on the hold-out.

    `scores` are out-of-fold raw scores (log-odds).  Each fold is calibrated by the other folds only.
    """
    own = affine(scores, labels)(new_scores)
    found: dict[str, Any] = {}
    for name, method in METHODS.items():
        p = method(scores, labels)(new_scores)
        apart = float(np.mean(np.abs(metrics.log_odds(p) - metrics.log_odds(own))))
        found[name] = {
            "folds": _figures(labels, _across(method, scores, labels, folds)),
            "hold_out": {**_figures(new_labels, p), "log_odds_apart_from_affine": apart},
        }
    return found


def _across(
    method: Callable[[np.ndarray, np.ndarray], Calibrator], scores: np.ndarray, labels: np.ndarray, folds: np.ndarray
) -> np.ndarray:
    p = np.empty(len(labels))
    for fold in np.unique(folds):
        held = folds == fold
        p[held] = method(scores[~held], labels[~held])(scores[held])
    return p


def _figures(label: np.ndarray, p: np.ndarray) -> dict[str, float | None]:
    slope = metrics.calibration_slope(label, p)
    return {
        "log_loss": metrics.log_loss(label, p),
        "brier": metrics.brier(label, p),
        "calibration_slope": slope if np.isfinite(slope) else None,
        "ece": expected_calibration_error(label, p),
    }


def _beta_columns(scores: np.ndarray) -> np.ndarray:
    """ln p, -ln(1 - p) and 1 of p = sigmoid(score), without overflow."""
    return np.column_stack([-np.logaddexp(0, -scores), np.logaddexp(0, scores), np.ones_like(scores)])


def _fit_beta(design: np.ndarray, labels: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Most likely coefficients of the free columns, 0 for the others; the prior is p itself: a = b = 1, c = 0."""
    whole = np.zeros(len(free))
    whole[free] = most_likely(design[:, free], labels, np.array([1.0, 1.0, 0.0])[free])
    return whole


def _two_sided(scores: np.ndarray, labels: np.ndarray, new: float) -> tuple[float, float]:
    """The isotonic share at a new score when its label is no, and when it is yes."""
    found = []
    for label in (0.0, 1.0):
        points, shares = isotonic_fit(np.append(scores, new), np.append(labels, label))
        found.append(float(shares[np.searchsorted(points, new)]))
    return found[0], found[1]
