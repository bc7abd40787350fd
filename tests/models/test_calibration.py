"""Platt scaling finds the affine map that made the labels, keeps the order, and refuses what it cannot use."""

import numpy as np
import pytest

from configs.errors import ModelError
from models.learners.calibration import Calibration, fit_platt, sigmoid


def drawn(slope: float, intercept: float, n: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    raw = rng.normal(0, 1.5, n)
    return raw, (rng.random(n) < sigmoid(intercept + slope * raw)).astype(np.int8)


@pytest.mark.parametrize(
    "slope, intercept",
    [
        (1.0, 0.0),
        (0.5, -1.0),  # over-confident scores
        (2.0, 0.7),  # too careful scores
    ],
)
def test_platt_recovers_the_map_that_made_the_labels(slope, intercept):
    found = fit_platt(*drawn(slope, intercept))
    assert found.slope == pytest.approx(slope, abs=0.06)
    assert found.intercept == pytest.approx(intercept, abs=0.06)


def test_the_mean_probability_is_the_share_of_yes():
    raw, labels = drawn(0.5, -1.0)
    shown = sigmoid(fit_platt(raw, labels).log_odds(raw))
    assert shown.mean() == pytest.approx(labels.mean(), abs=1e-3)


def test_a_separable_sample_stays_finite():
    found = fit_platt(np.array([-1.0, -0.5, 0.5, 1.0]), np.array([0, 0, 1, 1]))
    assert 0 < found.slope < 20


def test_scores_the_wrong_way_round_are_refused():
    raw, labels = drawn(1.0, 0.0)
    with pytest.raises(ModelError, match="no better than chance"):
        fit_platt(-raw, labels)


def test_one_class_is_refused():
    with pytest.raises(ModelError, match="3 held-out labels are all alike"):
        fit_platt(np.array([0.1, 0.2, 0.3]), np.zeros(3))


@pytest.mark.parametrize("slope, intercept", [(0.0, 0.0), (-1.0, 0.0), (np.nan, 0.0), (1.0, np.inf)])
def test_a_calibration_that_breaks_the_order_cannot_exist(slope, intercept):
    with pytest.raises(ModelError):
        Calibration(slope, intercept)


def test_sigmoid_does_not_overflow():
    assert sigmoid(np.array([-800.0, 0.0, 800.0])).tolist() == [0.0, 0.5, 1.0]


def test_scores_far_too_spread_are_brought_back():
    """A full Newton step from slope 1 would run off: the curve is flat out there."""
    rng = np.random.default_rng(8)
    true = rng.normal(0, 1.2, 2000)
    labels = (rng.random(2000) < sigmoid(true)).astype(int)
    assert fit_platt(10 * true, labels).slope == pytest.approx(0.1, abs=0.012)
