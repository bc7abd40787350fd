"""Expected amounts and ordered levels: worked by hand, held against scikit-learn, intervals from drawn clients."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as peer

from configs.errors import DataError
from evaluation import metrics
from evaluation.needs.amounts import AmountErrors, amount_figures, amount_report, interval_figures
from evaluation.needs.levels import level_report, quadratic_kappa
from evaluation.needs.told import told_amounts, told_levels

LEVELS = ("lighter", "stable", "heavier", "residential")


def amounts(clients: int = 60, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    client = np.repeat(np.arange(clients), 2)
    amount = np.round(rng.normal(20, 60, client.size), 0)
    predicted = 0.5 * amount + rng.normal(0, 20, client.size)
    return pd.DataFrame(
        {
            "row": np.arange(client.size),
            "client": client,
            "as_of": pd.Timestamp("2024-01-01"),
            "amount": amount,
            "predicted": predicted,
            "low": predicted - 50,
            "high": predicted + 50,
            "baseline_predicted": np.full(client.size, 20.0),
            "group_age_band": np.where(client < 6, "65-74", np.where(client < 30, "75-84", "85+")),
        }
    )


def classes(clients: int = 80, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    client = np.repeat(np.arange(clients), 2)
    place = rng.integers(0, 4, client.size)
    near = np.clip(place + rng.integers(-1, 2, client.size), 0, 3)
    names = np.array(LEVELS)
    return pd.DataFrame(
        {
            "row": np.arange(client.size),
            "client": client,
            "as_of": pd.Timestamp("2024-01-01"),
            "label": names[place],
            "proposed": names[near],
            "baseline_proposed": "stable",
            "group_age_band": np.where(client % 2 == 0, "75-84", "85+"),
        }
    )


@pytest.mark.parametrize(
    "amount,         predicted,       figure,                    expected",
    [
        ([0, 10, 20, 30], [0, 10, 20, 30], "mean_absolute_error", 0),
        ([0, 10, 20, 30], [0, 10, 20, 30], "r_squared", 1),
        ([0, 10, 20, 30], [15, 15, 15, 15], "mean_absolute_error", 10),
        ([0, 10, 20, 30], [15, 15, 15, 15], "r_squared", 0),
        ([0, 10, 20, 30], [15, 15, 15, 15], "bias", 0),
        ([0, 10, 20, 30], [1, 12, 23, 70], "bias", (1 + 2 + 3 + 40) / 4),
        ([0, 10, 20, 30], [1, 12, 23, 70], "median_absolute_error", 2.5),
        ([0, 10, 20], [1, 12, 50], "median_absolute_error", 2),
        ([0, 10, 20, 30], [3, 14, 20, 30], "root_mean_squared_error", np.sqrt((9 + 16) / 4)),
        ([5, 5, 5, 5], [5, 5, 5, 6], "r_squared", np.nan),
        ([0, 10], [10, 0], "r_squared", 1 - 200 / 50),
    ],
)
def test_errors_by_hand(amount, predicted, figure, expected):
    found = amount_figures(np.array(amount, float), np.array(predicted, float))
    assert found[figure] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("seed", range(5))
def test_weights_say_the_same_as_repeated_rows(seed):
    rng = np.random.default_rng(seed)
    amount, predicted, times = rng.normal(0, 9, 31), rng.normal(0, 9, 31), rng.integers(0, 4, 31)
    repeated = np.repeat(np.arange(31), times)
    found = AmountErrors(amount, predicted).figures(times.astype(float))
    assert found["median_absolute_error"] == pytest.approx(np.median(np.abs(predicted - amount)[repeated]))
    assert found["mean_absolute_error"] == pytest.approx(
        peer.mean_absolute_error(amount[repeated], predicted[repeated])
    )
    assert found["r_squared"] == pytest.approx(peer.r2_score(amount[repeated], predicted[repeated]))


def test_the_interval_by_hand():
    amount, low, high = np.array([0.0, 5, 9, 20]), np.array([0.0, 0, 10, 0]), np.array([4.0, 5, 12, 10])
    assert interval_figures(amount, low, high) == {"coverage": 2 / 4, "width": (4 + 5 + 2 + 10) / 4}


def test_the_amount_report():
    report, frame = amount_report(amounts(), repeats=40), amounts()
    json.dumps(report, allow_nan=False)
    whole = report["all"]
    assert (whole["clients"], whole["rows"]) == (60, 120)
    assert whole["no_change"]["mean_absolute_error"]["value"] == pytest.approx(frame["amount"].abs().mean())
    error = whole["figures"]["mean_absolute_error"]
    assert error["model"]["value"] == pytest.approx((frame["predicted"] - frame["amount"]).abs().mean())
    assert error["difference"]["high"] < 0  # the drawn model is surely better than a constant
    assert error["model"]["low"] < error["model"]["value"] < error["model"]["high"]
    assert whole["interval"]["width"]["value"] == pytest.approx(100)
    assert {band: block["clients"] for band, block in report["age_bands"].items()} == {
        "65-74": 6, "75-84": 24, "85+": 30,
    }  # fmt: skip
    assert "no change" in told_amounts(report)


def test_a_small_band_of_amounts_is_hidden():
    frame = amounts()
    frame["group_age_band"] = np.where(frame["client"] < 4, "18-29", np.where(frame["client"] < 20, "75-84", "85+"))
    bands = amount_report(frame, repeats=20)["age_bands"]
    assert {name: block["hidden"] for name, block in bands.items()} == {"18-29": True, "75-84": True, "85+": False}
    assert bands["18-29"]["clients"] is None
    assert bands["18-29"]["figures"] == {}


@pytest.mark.parametrize(
    "change,                                          message",
    [
        (lambda frame: frame.drop(columns="low"), "lack low"),
        (lambda frame: frame.iloc[:0], "no rows"),
        (lambda frame: frame.assign(predicted=np.nan), "`predicted`"),
        (lambda frame: frame.assign(low=frame["high"] + 1), "above its `high`"),
    ],
)
def test_a_wrong_frame_of_amounts_is_refused(change, message):
    with pytest.raises(DataError, match=message):
        amount_report(change(amounts()))


@pytest.mark.parametrize(
    "label,       proposed,      expected",
    [
        ([0, 1, 2, 3], [0, 1, 2, 3], 1.0),
        ([0, 0, 3, 3], [3, 3, 0, 0], -1.0),
        ([0, 0, 3, 3], [0, 3, 0, 3], 0.0),
        ([1, 1, 1, 1], [1, 1, 1, 1], np.nan),
        # Misses of 1 and 0: (1)/4 seen; by chance label 0,0,1,1 x proposed 0,1,1,1: 1/4*2/4 + 3/4*2/4 = 1/2.
        ([0, 0, 1, 1], [0, 1, 1, 1], 1 - (1 / 4) / (1 / 2)),
    ],
)
def test_quadratic_kappa_by_hand(label, proposed, expected):
    assert quadratic_kappa(np.array(label), np.array(proposed), 4) == pytest.approx(expected, nan_ok=True)


def test_a_miss_by_two_weighs_more_than_a_miss_by_one():
    label = np.array([0, 1, 2, 3] * 5)
    by_one, by_two = label.copy(), label.copy()
    by_one[0], by_two[0] = 1, 2
    assert quadratic_kappa(label, by_two, 4) < quadratic_kappa(label, by_one, 4) < 1


@pytest.mark.parametrize("seed", range(4))
def test_the_level_report_agrees_with_others(seed):
    frame = classes(seed=seed)
    found = level_report(frame, LEVELS, repeats=20)["all"]["figures"]
    label, proposed = frame["label"].to_numpy(), frame["proposed"].to_numpy()
    place = {level: index for index, level in enumerate(LEVELS)}
    indexed = frame["label"].map(place), frame["proposed"].map(place)
    quadratic = peer.cohen_kappa_score(*indexed, weights="quadratic")
    assert found["quadratic_kappa"]["model"]["value"] == pytest.approx(quadratic)
    for name, compute in (("macro_f1", metrics.macro_f1), ("kappa", metrics.kappa), ("accuracy", metrics.accuracy)):
        assert found[name]["model"]["value"] == pytest.approx(compute(label, proposed))
    assert found["kappa"]["baseline"]["value"] == pytest.approx(0.0)
    assert found["accuracy"]["difference"]["low"] > 0


def test_the_interval_of_levels_is_that_of_the_slow_bootstrap():
    frame = classes()
    label, proposed = frame["label"].to_numpy(), frame["proposed"].to_numpy()
    slow = metrics.bootstrap(
        frame["client"].to_numpy(), lambda rows: metrics.macro_f1(label[rows], proposed[rows]), repeats=30
    )
    found = level_report(frame, LEVELS, repeats=30)["all"]["figures"]["macro_f1"]["model"]
    assert (found["low"], found["high"]) == (pytest.approx(slow.low), pytest.approx(slow.high))


def test_levels_by_age_band_and_as_text():
    report = level_report(classes(), LEVELS, repeats=20)
    json.dumps(report, allow_nan=False)
    assert {band: block["clients"] for band, block in report["age_bands"].items()} == {"75-84": 40, "85+": 40}
    assert "quadratic kappa" in told_levels(report)


def test_an_unknown_level_is_refused():
    with pytest.raises(DataError, match="`label`"):
        level_report(classes(), LEVELS[1:])
