"""The need report: every figure as the slow metrics give it, intervals as the slow bootstrap, small groups hidden."""

import json

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataError
from evaluation import metrics
from evaluation.held_out.draws import drawn_weights, interval_of
from evaluation.needs.bands import groups
from evaluation.needs.ranked import Ranked, treat_all
from evaluation.needs.tables import need_report
from evaluation.needs.told import shown, told
from tests.training.need_rows import drawn

CAPACITY, LEADS, THRESHOLDS = (0.05, 0.1, 1.0), (30, 90), (0.01, 0.2, 0.35)
SLOW = {
    "auroc": metrics.auroc,
    "auprc": metrics.auprc,
    "brier": metrics.brier,
    "log_loss": metrics.log_loss,
    "calibration_slope": metrics.calibration_slope,
    "calibration_intercept": metrics.calibration_intercept,
    "observed_to_expected": metrics.observed_to_expected,
    **{f"recall_at_{s:g}": lambda label, p, s=s: metrics.recall_at_share(label, p, s) for s in CAPACITY},
    **{f"net_benefit_at_{t:g}": lambda label, p, t=t: metrics.net_benefit(label, p, t) for t in THRESHOLDS},
}


@pytest.fixture(scope="module")
def report() -> dict:
    return need_report(drawn(), CAPACITY, LEADS, THRESHOLDS, repeats=30)


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("seed", range(4))
def test_weights_say_the_same_as_repeated_rows(name, seed):
    frame = drawn(clients=40, seed=seed)
    label, p = frame["label"].to_numpy(), frame["p"].to_numpy()
    times = np.random.default_rng(seed).integers(0, 4, len(frame))
    repeated = np.repeat(np.arange(len(frame)), times)
    found = Ranked(label, p).figures(times, CAPACITY, THRESHOLDS)[name]
    assert found == pytest.approx(SLOW[name](label[repeated], p[repeated]), abs=1e-8)


@pytest.mark.parametrize(
    "label,        p,               figure,                 expected",
    [
        ([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], "auroc", 1.0),
        ([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5], "auroc", 0.5),
        ([1, 0, 0, 1], [0.9, 0.8, 0.2, 0.1], "auroc", 0.5),  # one above both, one below both
        ([1, 1, 1, 1], [0.9, 0.8, 0.2, 0.1], "auroc", np.nan),
        ([0, 0, 0, 0], [0.9, 0.8, 0.2, 0.1], "auprc", np.nan),
        ([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.1], "auprc", (1 / 1 + 2 / 3) / 2),
        ([1, 0, 1, 0], [0.4, 0.4, 0.4, 0.4], "observed_to_expected", 2 / 1.6),
        ([1, 0, 1, 0], [0.4, 0.4, 0.4, 0.4], "calibration_slope", np.nan),
        ([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5], "calibration_intercept", 0.0),
        ([1, 0, 0, 1], [0.9, 0.8, 0.2, 0.1], "recall_at_0.5", 0.5),
        ([1, 0, 1, 1], [0.9, 0.5, 0.5, 0.1], "recall_at_0.5", (1 + 0.5) / 3),  # one place left for two equal ones
        ([1, 0, 0, 1], [0.9, 0.8, 0.2, 0.1], "net_benefit_at_0.5", 1 / 4 - 1 / 4),
        ([1, 0, 0, 1], [0.4, 0.3, 0.2, 0.1], "net_benefit_at_0.5", 0.0),  # offered to nobody
    ],
)
def test_figures_by_hand(label, p, figure, expected):
    found = Ranked(np.array(label), np.array(p)).figures(np.ones(4), (0.5,), (0.5,))
    assert found[figure] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("threshold, expected", [(0.5, 0.25 - 0.75), (0.2, 0.25 - 0.75 / 4)])
def test_offering_to_everybody(threshold, expected):
    assert treat_all(np.array([1.0, 0, 0, 0]), np.ones(4), threshold) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["auroc", "recall_at_0.1", "net_benefit_at_0.2", "calibration_slope"])
def test_the_interval_is_that_of_the_slow_bootstrap(report, name):
    frame = drawn()
    label, p, client = (frame[column].to_numpy() for column in ("label", "p", "client"))
    slow = metrics.bootstrap(client, lambda rows: SLOW[name](label[rows], p[rows]), repeats=30)
    found = report["outputs"]["need"]["all"]["figures"][name]["model"]
    assert (found["low"], found["high"]) == (pytest.approx(slow.low, abs=1e-8), pytest.approx(slow.high, abs=1e-8))


def test_the_difference_is_of_the_same_draws(report):
    frame = drawn()
    label, p, base = (frame[column].to_numpy() for column in ("label", "p", "baseline_p"))
    slow = metrics.bootstrap(
        frame["client"].to_numpy(),
        lambda rows: metrics.auroc(label[rows], p[rows]) - metrics.auroc(label[rows], base[rows]),
        repeats=30,
    )
    found = report["outputs"]["need"]["all"]["figures"]["auroc"]
    assert found["difference"]["value"] == found["model"]["value"] - found["baseline"]["value"]
    assert found["difference"]["low"] == pytest.approx(slow.low)


def test_a_draw_takes_whole_clients():
    client = np.array([3, 3, 8, 8, 8, 5])
    for weights in drawn_weights(client, repeats=20):
        assert weights[0] == weights[1]
        assert weights[2] == weights[3] == weights[4]
        assert weights[0] + weights[2] + weights[5] == 3


@pytest.mark.parametrize("undefined, known", [(50, True), (51, False), (100, False)])
def test_an_interval_needs_half_of_the_draws(undefined, known):
    values = np.r_[np.full(undefined, np.nan), np.arange(100 - undefined, dtype=float)]
    assert (interval_of(values) is not None) == known


def test_the_report_counts_and_fits_in_json(report):
    json.dumps(report, allow_nan=False)
    frame, found = drawn(), report["outputs"]["need"]
    assert (found["all"]["clients"], found["all"]["rows"]) == (120, 360)
    assert found["all"]["events"] == frame["label"].sum()
    assert found["age_bands"]["85+"]["clients"] == 40
    assert len(found["lead_time"]) == len(CAPACITY) * len(LEADS)
    assert set(found["all"]["treat_all"]) == {"0.01", "0.2", "0.35"}
    assert set(found["all"]["figures"]) == set(SLOW)


def test_the_same_rows_give_the_same_report(report):
    assert need_report(drawn(), CAPACITY, LEADS, THRESHOLDS, repeats=30) == report


@pytest.mark.parametrize(
    "counts,                             hidden",
    [
        ([(10, 10), (10, 10)], [False, False]),
        ([(4, 10), (10, 10), (9, 10)], [True, False, True]),  # the next smallest hides the first from subtraction
        ([(10, 4), (10, 10), (10, 9)], [True, False, True]),
        ([(0, 10), (10, 10)], [True, False]),  # nobody had it: that is said of no one
    ],
)
def test_small_groups_are_hidden(counts, hidden):
    names, event = [], []
    for place, (with_event, without) in enumerate(counts):
        names += [str(place)] * (with_event + without)
        event += [True] * with_event + [False] * without
    found = groups(np.arange(len(names)), pd.Series(names), np.array(event))
    assert [group.hidden for group in found] == hidden


def test_a_hidden_band_has_no_figure():
    frame = drawn()
    few = frame["client"] < 2
    frame["group_age_band"] = np.where(few, "18-29", np.where(frame["client"] % 3 == 0, "85+", "75-84"))
    bands = need_report(frame, CAPACITY, LEADS, THRESHOLDS, repeats=20)["outputs"]["need"]["age_bands"]
    assert bands["18-29"] == {
        "clients": None, "rows": None, "events": None, "hidden": True, "figures": {}, "treat_all": {},
    }  # fmt: skip
    assert bands["85+"]["clients"] is None  # the smaller of the others, or the first could be found by subtraction
    assert bands["75-84"]["figures"]


def test_without_event_days_there_is_no_early_warning():
    found = need_report(drawn().drop(columns="event_days"), CAPACITY, LEADS, THRESHOLDS, repeats=20)
    assert found["outputs"]["need"]["lead_time"] == []
    assert "early warning" not in told(found)


def test_the_report_is_told(report):
    text = told(report)
    assert "need: 120 clients, 360 rows" in text
    for said in ("AUROC", "offered to all at 0.2", "85+", "top 10%, 90 days before"):
        assert said in text
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize(
    "figure, text",
    [
        (None, "–"),
        ({"value": None, "low": None, "high": None}, "–"),
        ({"value": 0.81234, "low": None, "high": None}, "0.812"),
        ({"value": 0.81234, "low": 0.7, "high": 0.9}, "0.812 (0.700 .. 0.900)"),
    ],
)
def test_a_figure_is_shown(figure, text):
    assert shown(figure) == text


def test_a_wrong_frame_is_refused():
    with pytest.raises(DataError, match="lack baseline_p"):
        need_report(drawn().drop(columns="baseline_p"), CAPACITY, LEADS, THRESHOLDS)
