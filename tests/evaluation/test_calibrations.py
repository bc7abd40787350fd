"""Four calibrations: each mends what it is made for, and Venn-Abers is what another library says."""

import numpy as np
import pytest
from venn_abers import VennAbers

from evaluation.held_out.calibrations import (
    METHODS,
    affine,
    beta,
    compare_calibrations,
    expected_calibration_error,
    isotonic,
    venn_abers,
)
from evaluation.metrics import log_loss, log_odds
from models.learners.calibration import sigmoid


def drawn(rows: int, slope: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores that are `slope` times too spread, and labels."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0, 1.2, rows)
    return true * slope, (rng.random(rows) < sigmoid(true)).astype(int)


@pytest.mark.parametrize("name", list(METHODS))
def test_every_method_mends_scores_that_are_too_extreme(name):
    scores, labels = drawn(1500, 3.0, seed=1)
    new, outcome = drawn(1500, 3.0, seed=2)
    p = METHODS[name](scores, labels)(new)
    assert ((p > 0) & (p < 1)).all()
    assert log_loss(outcome, p) < log_loss(outcome, sigmoid(new)) - 0.1
    assert log_loss(outcome, p) < log_loss(outcome, sigmoid(new / 3)) + 0.02


def test_beta_calibration_leaves_right_scores_alone_and_mends_a_one_sided_bend():
    scores, labels = drawn(4000, 1.0, seed=3)
    assert np.abs(log_odds(beta(scores, labels)(scores)) - scores).mean() < 0.15
    p = sigmoid(scores)
    bent = log_odds(p**3)  # only the low side is wrong: no straight line in log-odds mends it
    own = log_loss(labels, beta(bent, labels)(bent))
    assert own < log_loss(labels, affine(bent, labels)(bent)) - 0.002


def test_beta_calibration_never_turns_the_order_round():
    rng = np.random.default_rng(4)
    scores, labels = rng.normal(0, 1, 60), rng.integers(0, 2, 60)  # noise: a free fit would fall on one side
    p = beta(scores, labels)(np.linspace(-3, 3, 50))
    assert (np.diff(p) >= -1e-12).all()


def test_isotonic_by_hand():
    scores, labels = np.array([-2.0, -1, 0, 1]), np.array([0, 1, 0, 1])
    p = isotonic(scores, labels)(np.array([-2.0, -1, -0.5, 0, 9]))
    # Neighbours out of order share their mean; nothing goes nearer to 0 or 1 than one row in five tells.
    assert p.tolist() == pytest.approx([1 / 5, 1 / 2, 1 / 2, 1 / 2, 4 / 5])


def test_venn_abers_is_what_the_library_says():
    scores, labels = drawn(200, 2.0, seed=5)
    new = np.linspace(-4, 4, 31) + 0.0037  # no calibration score is met exactly
    library = VennAbers()
    p = sigmoid(scores)
    library.fit(np.column_stack([1 - p, p]), labels)
    q = sigmoid(new)
    theirs, _ = library.predict_proba(np.column_stack([1 - q, q]))
    assert venn_abers(scores, labels)(new) == pytest.approx(theirs[:, 1], abs=1e-6)


def test_the_calibration_error_by_hand():
    label, p = np.array([0, 0, 1, 1]), np.array([0.1, 0.3, 0.4, 0.8])
    halves = 0.5 * abs(0.2 - 0.0) + 0.5 * abs(0.6 - 1.0)
    assert expected_calibration_error(label, p, bins=2) == pytest.approx(halves)


def test_a_fold_is_calibrated_by_the_other_folds_and_the_hold_out_by_all():
    scores, labels = drawn(300, 2.0, seed=6)
    new, outcome = drawn(100, 2.0, seed=7)
    found = compare_calibrations(scores, labels, np.arange(300) % 3, new, outcome)
    assert set(found) == {"affine", "isotonic", "beta", "venn_abers"}
    assert found["affine"]["hold_out"]["log_loss"] == pytest.approx(log_loss(outcome, affine(scores, labels)(new)))
    assert found["affine"]["hold_out"]["log_odds_apart_from_affine"] == 0
    assert found["isotonic"]["hold_out"]["log_odds_apart_from_affine"] > 0.1
    # A step function fitted on the very rows it is asked about would look better than it is.
    assert found["isotonic"]["folds"]["log_loss"] > log_loss(labels, isotonic(scores, labels)(scores))
