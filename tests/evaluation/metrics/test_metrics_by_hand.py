"""Ranking at a capacity, net benefit, forecasts and intervals: each worked by hand and checked at its ends."""

import math

import numpy as np
import pytest

from evaluation import metrics

#                 row:  1    2    3    4    5
LABEL = np.array([0, 0, 1, 0, 1])
P = np.array([0.1, 0.2, 0.2, 0.4, 0.8])

#               week:  1   2   3   4
Y = np.array([10.0, 20, 0, 10])
TOLD = np.array([12.0, 15, 1, 10])
BEFORE = np.array([8.0, 12, 6, 14])


@pytest.mark.parametrize(
    "share, precision,        seen_per_found",
    [
        (0.2, 1 / 1,           1.0),                 # row 5
        (0.4, 1 / 2,           2.0),                 # rows 5 and 4
        (0.6, (1 + 0.5) / 3,   3 / 1.5),             # one of the tied rows 2 and 3, of which one is a positive
        (1.0, 2 / 5,           5 / 2),
    ],
)  # fmt: skip
def test_ranking_at_a_capacity(share, precision, seen_per_found):
    assert metrics.precision_at_share(LABEL, P, share) == pytest.approx(precision)
    assert metrics.number_needed_to_see(LABEL, P, share) == pytest.approx(seen_per_found)


def test_nobody_found_needs_everybody_seen():
    assert metrics.precision_at_share(np.array([0, 1]), np.array([0.9, 0.1]), 0.5) == 0
    assert metrics.number_needed_to_see(np.array([0, 1]), np.array([0.9, 0.1]), 0.5) == math.inf


def test_what_is_offered_adds_up_to_the_capacity():
    assert metrics.offered_at_share(P, 0.6).tolist() == [0, 0.5, 0.5, 1, 1]


@pytest.mark.parametrize(
    "threshold, worth",
    [
        (0.5, (1 / 5 - 0) / (2 / 5)),                           # row 5 is found, nobody is offered in vain
        (0.2, (2 / 5 - 2 / 5 * 0.2 / 0.8) / (2 / 5)),           # both found, rows 2 and 4 in vain, each a quarter
        (0.9, 0.0),                                             # nothing is offered
    ],
)  # fmt: skip
def test_standardised_net_benefit(threshold, worth):
    assert metrics.standardised_net_benefit(LABEL, P, threshold) == pytest.approx(worth)


@pytest.mark.parametrize(
    "name,  by_hand",
    [
        ("wape", (2 + 5 + 1 + 0) / (10 + 20 + 0 + 10)),
        ("bias", (2 - 5 + 1 + 0) / (10 + 20 + 0 + 10)),
    ],
)
def test_forecast_errors(name, by_hand):
    assert getattr(metrics, name)(Y, TOLD) == pytest.approx(by_hand)
    assert getattr(metrics, name)(Y, Y) == 0
    assert math.isnan(getattr(metrics, name)(np.zeros(2), np.ones(2)))


def test_forecasting_nothing_is_wrong_by_everything():
    assert metrics.wape(Y, 0 * Y) == 1
    assert metrics.bias(Y, 0 * Y) == -1


def test_scaled_error():
    # |2|, |5|, |1|, 0 over the seasonal steps |6 - 8| and |14 - 12|
    assert metrics.mase(Y, TOLD, BEFORE, season=2) == pytest.approx(((2 + 5 + 1 + 0) / 4) / ((2 + 2) / 2))
    assert math.isnan(metrics.mase(Y, TOLD, BEFORE, season=4))
    assert math.isnan(metrics.mase(Y, TOLD, np.ones(4), season=1))


def test_intervals():
    low, high = np.array([8.0, 21, -1, 10]), np.array([12.0, 25, 0, 10])
    assert metrics.coverage(Y, low, high) == 3 / 4  # both ends count; 20 lies below 21
    assert metrics.width(low, high) == (4 + 4 + 1 + 0) / 4
    # at 80 % every unit outside costs 2 / 0.2 = 10
    assert metrics.interval_score(Y, low, high, 0.8) == pytest.approx((4 + (4 + 10 * 1) + 1 + 0) / 4)


def test_the_true_quantiles_score_best():
    y = np.random.default_rng(1).normal(size=20_000)
    scores = {reach: metrics.interval_score(y, np.full_like(y, -reach), np.full_like(y, reach), 0.8)
              for reach in (0.8, 1.2816, 1.8)}  # fmt: skip
    assert min(scores, key=lambda reach: scores[reach]) == 1.2816
