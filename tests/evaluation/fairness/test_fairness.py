"""The fairness tables: by hand, beside fairlearn, their hidden cells, and how often they cry wolf."""

import json

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from sklearn.metrics import brier_score_loss, recall_score

from evaluation.fairness import Certainty, WorkingPoint, as_json, fairness_table, from_json
from evaluation.fairness.comparing.draws import _critical, _Test, compare
from evaluation.fairness.comparing.figures import Figure, of_intervals, of_probabilities
from evaluation.fairness.comparing.parts import Part, hidden_groups, tabulate
from evaluation.fairness.comparing.rows import csv_lines
from evaluation.fairness.gaps import fairness_metrics
from evaluation.metrics import recall_at_share
from tests.plans import covers

POINT = {"need": WorkingPoint(threshold=0.5)}


def stored(n: int = 3000, seed: int = 3, **groups: np.ndarray) -> pd.DataFrame:
    """Stored predictions of one output: half of the clients have two rows, and the model is calibrated."""
    rng = np.random.default_rng(seed)
    client = np.arange(n) % (2 * n // 3)
    p = rng.beta(1.2, 2.0, n)
    frame = pd.DataFrame({"row": rng.permutation(n), "client": client, "as_of": pd.Timestamp("2024-01-01")})
    frame = frame.assign(output="need", label=(rng.random(n) < p).astype(int), p=p, baseline_p=p)
    return frame.assign(group_sex=np.where(client % 2, "female", "male"), group_area=(client % 5).astype(str), **groups)


def in_area(frame: pd.DataFrame, area: str) -> np.ndarray:
    return (frame["group_area"] == area).to_numpy()


@pytest.fixture(scope="module")
def even():
    """A model that is as good for every group."""
    return stored()


def test_by_hand():
    #                    a: three events, two found, .3 + .6 + .8 + .7 foretold   b: two events, one found
    frame = pd.DataFrame(
        {
            "client": np.arange(8),
            "group_area": list("aaaabbbb"),
            "label": [1, 1, 1, 0, 1, 1, 0, 0],
            "p": [0.3, 0.6, 0.8, 0.7, 0.9, 0.1, 0.2, 0.4],
        }
    )
    label, p = frame["label"].to_numpy(float), frame["p"].to_numpy()
    masks = [(frame["group_area"] == name).to_numpy() for name in "ab"]
    figures = of_probabilities(label, p, WorkingPoint(threshold=0.5), Certainty())
    (a, b), tested = compare(frame["client"].to_numpy(), masks, figures, Certainty(repeats=100))
    assert a["recall"].value == 2 / 3
    assert a["recall"].rest == b["recall"].value == 1 / 2
    assert a["recall"].difference == pytest.approx(2 / 3 - 1 / 2)
    assert a["recall"].ratio == pytest.approx((2 / 3) / (1 / 2))
    assert a["false_negative_rate"].value == pytest.approx(1 / 3)
    assert a["offered"].value == 3 / 4
    assert a["observed"].value == 3 / 4
    assert a["observed_to_expected"].value == pytest.approx(3 / (0.3 + 0.6 + 0.8 + 0.7))
    assert tested == 0  # four people are too few to test anything


def test_the_same_numbers_as_fairlearn(even):
    table = fairness_table(even, POINT, with_shapes=False)
    chosen = (even["p"] >= 0.5).astype(int)
    for trait in ("sex", "area"):
        peer = MetricFrame(
            metrics={"recall": recall_score, "count": lambda y, _: len(y)},
            y_true=even["label"], y_pred=chosen, sensitive_features=even[f"group_{trait}"],
        )  # fmt: skip
        shares = MetricFrame(
            metrics=lambda y, score: brier_score_loss(y, score) * 0 + score.mean(),
            y_true=even["label"], y_pred=even["p"], sensitive_features=even[f"group_{trait}"],
        )  # fmt: skip
        for group, values in peer.by_group.iterrows():
            line = table.of(trait, str(group))
            assert line.metrics["recall"].value == pytest.approx(values["recall"], abs=1e-12)
            assert line.metrics["predicted"].value == pytest.approx(shares.by_group[group], abs=1e-12)
        if trait == "sex":  # of two groups the gap to the rest is fairlearn's difference
            gaps = [abs(table.of("sex", name).metrics["recall"].difference) for name in ("female", "male")]
            assert max(gaps) == pytest.approx(peer.difference()["recall"], abs=1e-12)


def test_recall_at_a_capacity_counts_ties_in_proportion(even):
    rough = even.assign(p=even["p"].round(1))
    point = WorkingPoint(share=0.2)
    offered = point.selected(rough["p"].to_numpy())
    assert offered.sum() == pytest.approx(0.2 * len(rough))
    found = (rough["label"] * offered).sum() / rough["label"].sum()
    assert found == pytest.approx(recall_at_share(rough["label"].to_numpy(), rough["p"].to_numpy(), 0.2))


@covers("002-B14")
def test_a_group_whose_need_is_missed_is_flagged_and_counted():
    frame = stored()
    missed = in_area(frame, "3") & (frame["label"] == 1)
    frame.loc[missed, "p"] *= 0.7  # of those in need in area 3 the model says too little
    table = fairness_table(frame, POINT, with_shapes=False)
    assert [(row.trait, row.group) for row in table.failures] == [("area", "3")]
    assert set(table.of("area", "3").verdict) == {"recall", "observed_to_expected"}
    found = fairness_metrics(table)
    assert found["fairness_recall_gap_failures"] == found["fairness_observed_expected_failures"] == 1
    assert found["fairness_max_recall_gap"] == pytest.approx(-table.of("area", "3").metrics["recall"].difference)


def test_an_even_model_is_seldom_flagged():
    """All groups together at 1 %: of 20 even models (each with seven groups, two figures) hardly one is flagged."""
    fast = Certainty(repeats=200)
    flagged = [bool(fairness_table(stored(1200, seed), POINT, testing=fast, with_shapes=False).failures)
               for seed in range(20)]  # fmt: skip
    assert sum(flagged) <= 2


def test_a_better_recall_than_the_rest_is_no_failure():
    frame = stored()
    found = in_area(frame, "3") & (frame["label"] == 1)
    frame.loc[found, "p"] = np.maximum(frame.loc[found, "p"], 0.6)
    assert "recall" not in fairness_table(frame, POINT, with_shapes=False).of("area", "3").verdict


def test_one_clients_many_rows_do_not_make_an_interval_narrow(even):
    twice = pd.concat([even, even.assign(row=even["row"] + len(even))], ignore_index=True)
    once, copied = (fairness_table(frame, POINT, with_shapes=False).of("sex", "male") for frame in (even, twice))
    assert copied.n == once.n
    assert copied.metrics["recall"].low == pytest.approx(once.metrics["recall"].low, abs=1e-9)


@covers("000-31")
def test_yes_or_no_traits_have_one_line_and_missing_ones_are_named(even):
    traits = pd.DataFrame({"row": even["row"], "trait_low_income": even["client"] % 3 == 0, "trait_carer": False})
    table = fairness_table(even, POINT, traits, asked=("sex", "low_income", "carer", "homeless"), with_shapes=False)
    assert {row.group for row in table.rows if row.trait == "low_income"} == {"yes"}
    assert table.missing == ("homeless",)  # `carer` is in the data, but nobody is one
    assert not [row for row in table.rows if row.trait == "carer"]


def test_calibration_and_area_under_the_curve_are_told_with_intervals(even):
    line = fairness_table(even, POINT).of("area", "1")
    slope, area = line.metrics["calibration_slope"], line.metrics["auroc"]
    assert slope.low < slope.value < slope.high
    assert area.low < area.value < area.high
    assert 0.7 < slope.value < 1.4  # it was drawn calibrated


def test_coverage_and_error_of_an_amount():
    rng = np.random.default_rng(2)
    n = 600
    value, far = rng.normal(100, 10, n), np.arange(n) % 4 == 0
    told = np.where(far, value + 30, 100.0)
    part = Part("amount", np.arange(n), pd.DataFrame({"group_area": np.where(far, "far", "near")}),
                of_intervals(value, told, told - 13, told + 13))  # fmt: skip
    table = tabulate("minutes", [part], Certainty(), 5)
    assert table.of("area", "far").verdict == ("coverage", "mean_absolute_error")
    assert table.of("area", "far").metrics["bias"].value == pytest.approx(30)
    assert table.of("area", "near").verdict == ()


def test_P5_P6_a_group_of_few_people_shows_no_figure_and_no_percentile(even):
    few = even.assign(group_area=np.where(even["client"] < 3, "tiny", even["group_area"]))
    table = fairness_table(few, POINT, with_shapes=False)
    line = table.of("area", "tiny")
    assert (line.hidden, line.n, line.events, line.metrics) == (True, None, None, {})
    shown = [row for row in table.rows if row.trait == "area" and not row.hidden]
    assert len(shown) < 5  # another one is hidden too: the total would give the three away
    assert "tiny" in json.dumps(as_json(table))


def test_P6_a_recall_that_counts_one_to_four_missed_people_is_not_shown():
    label = np.r_[np.ones(30), np.zeros(30)].astype(int)
    frame = stored(120)
    frame = frame.assign(client=np.arange(120), group_area=np.repeat(["a", "b"], 60), label=np.r_[label, label])
    p = np.where(frame["label"] == 1, 0.8, 0.3)
    p[[0, 1]] = 0.2  # two of the thirty in need in area a are missed
    table = fairness_table(frame.assign(p=p), POINT, with_shapes=False)
    line = table.of("area", "a")
    assert not line.hidden
    assert "recall" not in line.metrics
    assert "false_negative_rate" not in line.metrics
    assert "observed" in line.metrics


def test_P4_a_group_where_everybody_has_the_outcome_is_hidden(even):
    every = even.assign(label=np.where(in_area(even, "2"), 1, even["label"]))
    assert fairness_table(every, POINT, with_shapes=False).of("area", "2").hidden


def test_P2_a_hidden_municipality_does_not_follow_from_its_organisation():
    client = np.arange(200)
    town = np.select([client < 3, client < 60, client < 120], ["a", "b", "c"], "d")
    masks = {("municipality", name): town == name for name in "abcd"}
    masks |= {("legacy_org", "west"): client < 120, ("legacy_org", "east"): client >= 120}
    hidden = hidden_groups(client, masks, (), 5)
    shown = {group for (trait, group), hide in hidden.items() if trait == "municipality" and not hide}
    assert hidden[("municipality", "a")]
    assert not {"b", "c"} <= shown or hidden[("legacy_org", "west")]


def test_the_table_is_json_and_csv(even):
    table = fairness_table(even, POINT, subject="need_x", with_shapes=False)
    again = from_json(json.loads(json.dumps(as_json(table), allow_nan=False)))
    assert again == table
    lines = csv_lines([table])
    assert {line["figure"] for line in lines} >= {"recall", "observed_to_expected"}
    assert all(line["subject"] == "need_x" for line in lines)


def test_a_gap_within_the_margin_is_no_failure():
    figure = Figure("recall", np.ones(1), np.ones(1), margin=0.05)
    assert not figure.fails(-0.04, -0.045, -0.035)
    assert figure.fails(-0.06, -0.08, -0.04)
    assert not figure.fails(-0.20, -0.41, 0.01)  # large, but chance may have made it


def test_a_draw_that_leaves_nothing_to_compare_does_not_silence_the_others():
    rng = np.random.default_rng(1)
    drawn = rng.normal(0.0, 0.1, (200, 1))
    gap, error = np.zeros(1), np.full(1, 0.1)
    whole = _critical([_Test(gap, gap, gap, drawn, error)], 0.01)
    drawn[7] = np.nan
    assert _critical([_Test(gap, gap, gap, drawn, error)], 0.01) == pytest.approx(whole, abs=0.1)
    assert np.isfinite(_critical([_Test(gap, gap, gap, np.full((3, 1), np.nan), error)], 0.01))
