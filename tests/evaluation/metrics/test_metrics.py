"""Each metric worked by hand, checked at its ends, and held against scikit-learn on random data."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from sklearn import metrics as peer
from sklearn.linear_model import LogisticRegression

from evaluation import metrics
from evaluation.metrics import log_odds
from tests.evaluation.metrics.metric_cases import LABEL, PROPOSAL, RECORD, P, random_case

Score = Callable[[np.ndarray, np.ndarray], float]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(
    "name,                    by_hand",
    [
        # pairs (positive, negative): row 3 beats row 1, ties row 2, loses to row 4; row 5 beats all three
        ("auroc", (1 + 0.5 + 0 + 1 + 1 + 1) / (2 * 3)),
        # steps: {5}: 1 of 1; {4}: no hit; {2, 3}: the second hit among 4
        ("auprc", (1 / 1 + 2 / 4) / 2),
        ("brier", (0.1**2 + 0.2**2 + 0.8**2 + 0.4**2 + 0.2**2) / 5),
        ("log_loss", -math.log(0.9 * 0.8 * 0.2 * 0.6 * 0.8) / 5),
        ("observed_to_expected", 2 / (0.1 + 0.2 + 0.2 + 0.4 + 0.8)),
    ],
)
def test_worked_by_hand(name: str, by_hand: float) -> None:
    assert getattr(metrics, name)(LABEL, P) == pytest.approx(by_hand, abs=1e-12)


@pytest.mark.parametrize(
    "share,   by_hand",
    [
        (0.2, 1 / 2),  # the first of five
        (0.4, 1 / 2),  # rows 5 and 4
        (0.6, (1 + 1 * 1 / 2) / 2),  # one of the two tied rows, of which one is a positive
        (0.8, 2 / 2),
        (1.0, 2 / 2),
    ],
)
def test_recall_at_a_teams_capacity(share: float, by_hand: float) -> None:
    assert metrics.recall_at_share(LABEL, P, share) == pytest.approx(by_hand)


@pytest.mark.parametrize(
    "threshold,   by_hand",
    [(0.5, 1 / 5 - 0), (0.2, 2 / 5 - 2 / 5 * 0.2 / 0.8), (0.05, 2 / 5 - 3 / 5 * 0.05 / 0.95), (0.9, 0.0)],
)
def test_net_benefit(threshold: float, by_hand: float) -> None:
    assert metrics.net_benefit(LABEL, P, threshold) == pytest.approx(by_hand)


@pytest.mark.parametrize(
    "name,        by_hand",
    [
        ("accuracy", 4 / 6),
        ("macro_f1", (2 * 2 / (3 + 2) + 2 * 1 / (2 + 2) + 2 * 1 / (1 + 2)) / 3),
        ("kappa", (4 / 6 - (3 * 2 + 2 * 2 + 1 * 2) / 36) / (1 - (3 * 2 + 2 * 2 + 1 * 2) / 36)),
    ],
)
def test_classes_by_hand(name: str, by_hand: float) -> None:
    assert getattr(metrics, name)(RECORD, PROPOSAL) == pytest.approx(by_hand)


@pytest.mark.parametrize(
    "name,                  p_perfect, p_reversed, perfect,  reversed_",
    [
        ("auroc", [0, 0, 1, 1], [1, 1, 0, 0], 1, 0),
        ("auprc", [0, 0, 1, 1], [0, 0, 0, 0], 1, 0.5),
        ("brier", [0, 0, 1, 1], [1, 1, 0, 0], 0, 1),
        ("log_loss", [0, 0, 1, 1], [0.5] * 4, 0, math.log(2)),
    ],
)
def test_what_0_and_1_mean(
    name: str, p_perfect: list[float], p_reversed: list[float], perfect: float, reversed_: float
) -> None:
    label, measure_of = np.array([0, 0, 1, 1]), getattr(metrics, name)
    assert measure_of(label, np.array(p_perfect, float)) == pytest.approx(perfect, abs=1e-12)
    assert measure_of(label, np.array(p_reversed, float)) == pytest.approx(reversed_, abs=1e-12)


@pytest.mark.parametrize("name", ["auroc", "auprc", "calibration_slope", "calibration_intercept"])
def test_without_positives_nothing_is_claimed(name: str) -> None:
    assert math.isnan(getattr(metrics, name)(np.zeros(4), np.array([0.1, 0.2, 0.3, 0.4])))


@pytest.mark.parametrize(
    "ours,       theirs",
    [
        (metrics.auroc, peer.roc_auc_score),
        (metrics.auprc, peer.average_precision_score),
        (metrics.brier, peer.brier_score_loss),
        (metrics.log_loss, peer.log_loss),
    ],
)
def test_equal_to_scikit_learn(ours: Score, theirs: Score) -> None:
    label, p = random_case()
    assert ours(label, p) == pytest.approx(theirs(label, p), abs=1e-12)


def test_classes_equal_to_scikit_learn() -> None:
    rng = np.random.default_rng(3)
    record, proposal = rng.choice(list("abcd"), 500), rng.choice(list("abce"), 500)
    assert metrics.kappa(record, proposal) == pytest.approx(peer.cohen_kappa_score(record, proposal))
    f1 = peer.f1_score(record, proposal, average="macro", zero_division=0)
    assert metrics.macro_f1(record, proposal) == pytest.approx(f1)


def test_calibration_slope_equals_an_unpenalised_logistic_regression() -> None:
    label, p = random_case()
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(log_odds(p)[:, None], label)
    assert metrics.calibration_slope(label, p) == pytest.approx(float(fitted.coef_[0, 0]), abs=1e-5)


@pytest.mark.parametrize(
    "distort,                       slope, intercept_sign",
    [
        (lambda x: x, 1.0, 0),
        (lambda x: 2 * x, 0.5, 0),  # too extreme
        (lambda x: x / 2, 2.0, 0),  # too timid
        (lambda x: x - 1, 1.0, 1),  # says too little: must be shifted up
        (lambda x: x + 1, 1.0, -1),
    ],
)
def test_calibration_says_which_way_it_is_off(
    distort: Callable[[np.ndarray], np.ndarray], slope: float, intercept_sign: int
) -> None:
    rng = np.random.default_rng(11)
    x = rng.normal(0, 1.5, 40_000)
    label = (rng.random(x.size) < sigmoid(x)).astype(int)
    p = sigmoid(distort(x))
    assert metrics.calibration_slope(label, p) == pytest.approx(slope, rel=0.05)
    intercept = metrics.calibration_intercept(label, p)
    assert abs(intercept) < 0.06 if intercept_sign == 0 else intercept * intercept_sign == pytest.approx(1, abs=0.06)


def test_reliability_bins_hold_every_row_once() -> None:
    bins = metrics.reliability(LABEL, P, bins=2)
    assert bins == [
        (3, pytest.approx((0.1 + 0.2 + 0.2) / 3), pytest.approx(1 / 3)),
        (2, pytest.approx((0.4 + 0.8) / 2), pytest.approx(1 / 2)),
    ]


def test_P4_calibration_groups_are_joined_until_nobody_stands_alone() -> None:
    label, p = random_case()
    bins = metrics.reliability(label, p, bins=10, smallest=20)
    assert sum(rows for rows, _, _ in bins) == label.size
    assert all(20 <= round(rows * share) <= rows - 20 for rows, _, share in bins)
    assert 1 < len(bins) <= 10
    assert metrics.reliability(np.zeros(100), p[:100], smallest=5) == []


def test_the_interval_draws_clients_and_not_rows() -> None:
    """100 clients with 50 identical rows each: the interval is that of 100 answers, not of 5,000."""
    rng = np.random.default_rng(2)
    value = rng.normal(size=100)
    client, rows = np.repeat(np.arange(100), 50), np.repeat(value, 50)
    by_client = metrics.bootstrap(client, lambda drawn: float(rows[drawn].mean()), repeats=400)
    by_row = metrics.bootstrap(np.arange(5000), lambda drawn: float(rows[drawn].mean()), repeats=400)
    assert by_client is not None
    assert by_row is not None
    expected_width = 2 * 1.96 * value.std() / math.sqrt(100)
    assert by_client.high - by_client.low == pytest.approx(expected_width, rel=0.15)
    assert by_row.high - by_row.low == pytest.approx(expected_width / math.sqrt(50), rel=0.15)


def test_the_interval_keeps_clients_of_different_size_whole_and_is_repeatable() -> None:
    client = np.array([7, 3, 7, 7, 5])
    seen: list[list[int]] = []

    def noted(drawn: np.ndarray) -> float:
        seen.append(drawn.tolist())
        return 0.0

    metrics.bootstrap(client, noted, repeats=50)
    whole = {7: [0, 2, 3], 3: [1], 5: [4]}
    for drawn in seen:
        for rows in whole.values():
            assert len({drawn.count(row) for row in rows}) == 1
    first, second = (metrics.bootstrap(client, lambda drawn: float(np.mean(drawn)), seed=4) for _ in range(2))
    assert first == second


def test_an_interval_of_nothing_is_none() -> None:
    assert metrics.bootstrap(np.arange(3), lambda drawn: float("nan")) is None
