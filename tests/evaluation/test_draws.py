"""Many draws at once give the intervals that one draw after the other gives, and weights are rows drawn again."""

import numpy as np
import pytest

from evaluation import metrics
from evaluation.held_out import draws
from evaluation.needs.levels import quadratic_kappa

ROWS = 90


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(3)
    label = rng.integers(0, 2, ROWS)
    p = np.clip(np.round(0.3 * label + rng.random(ROWS) * 0.6, 2), 0.01, 0.99)  # rounded: with ties
    return label, p, rng.integers(0, 40, ROWS)


@pytest.mark.parametrize("name", ["auroc", "log_loss", "brier", "calibration_slope"])
def test_the_intervals_are_those_of_the_plain_bootstrap(drawn, name):
    label, p, client = drawn
    compute = getattr(metrics, name)
    plain = metrics.bootstrap(client, lambda rows: compute(label[rows], p[rows]), repeats=60)
    fast = draws.interval_of(draws.PROBABILITY[name](label, p, draws.client_draws(client, 60)))
    assert (fast.low, fast.high) == pytest.approx((plain.low, plain.high), abs=1e-6)


@pytest.mark.parametrize("name", ["macro_f1", "kappa"])
def test_the_class_figures_are_those_of_the_plain_ones(drawn, name):
    _, _, client = drawn
    rng = np.random.default_rng(4)
    label, proposed = rng.integers(0, 3, ROWS), rng.integers(0, 3, ROWS)
    compute = getattr(metrics, name)
    plain = metrics.bootstrap(client, lambda rows: compute(label[rows], proposed[rows]), repeats=60)
    table = draws.Confusion.of(label, proposed, 3, draws.client_draws(client, 60))
    fast = draws.interval_of(getattr(table, name)())
    assert (fast.low, fast.high) == pytest.approx((plain.low, plain.high))


def test_a_draw_takes_all_rows_of_a_client_as_often_as_it_was_drawn():
    client = np.array(["a", "b", "a", "c"])
    weights = draws.client_draws(client, 200)
    assert np.array_equal(weights[:, 0], weights[:, 2])
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()  # three clients are drawn each time


def test_a_class_that_a_draw_lacks_is_left_out_of_the_macro_mean():
    label, p = np.array([0, 0, 1]), np.array([[0.5, 0.5], [0.25, 0.75], [0.2, 0.8]])
    both, first = draws.macro_log_loss(label, p, np.array([[1.0, 1, 1], [1, 1, 0]]))
    zero = -(np.log(0.5) + np.log(0.25)) / 2
    assert both == pytest.approx((zero - np.log(0.8)) / 2)
    assert first == pytest.approx(zero)


@pytest.mark.parametrize(
    "label,        proposed,     levels, expected",
    [
        ([0, 1, 2, 2], [0, 1, 2, 2], 3, 1.0),
        # Observed squared distance 4; by chance: recorded are half 0, half 2, proposed three quarters 0, one quarter 2.
        ([0, 0, 2, 2], [0, 0, 2, 0], 3, 1 - 4 / (4 * (0.5 * 0.25 * 4 + 0.5 * 0.75 * 4))),
        # Observed 1; by chance: proposed 0 is half, 1 and 2 a quarter each.
        ([0, 0, 2, 2], [0, 0, 2, 1], 3, 1 - 1 / (4 * (0.5 * (0.25 * 1 + 0.25 * 4) + 0.5 * (0.5 * 4 + 0.25 * 1)))),
    ],
)  # fmt: skip
def test_quadratic_kappa_by_hand(label, proposed, levels, expected):
    assert quadratic_kappa(np.array(label), np.array(proposed), levels) == pytest.approx(expected)


def test_with_two_levels_quadratic_kappa_is_kappa_and_with_one_it_is_undefined():
    label, proposed = np.array([0, 1, 1, 0, 1]), np.array([0, 1, 0, 0, 1])
    assert quadratic_kappa(label, proposed, 2) == pytest.approx(metrics.kappa(label, proposed))
    assert np.isnan(quadratic_kappa(np.zeros(3, int), np.zeros(3, int), 3))
