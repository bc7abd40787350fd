"""The explanation report: its numbers are right, a wrong explanation is found, and its verdict follows the figures."""

from dataclasses import replace
from typing import Any

import lightgbm
import numpy as np
import pytest

from evaluation import metrics
from evaluation.report.explanation import ExplainedOutput, by_family, direction, importance, profiles
from evaluation.report.report_summary import measured, summarise
from evaluation.report.shap_report import render
from tests.evaluation import explained_case
from tests.evaluation.explained_case import (
    CATALOGUE,
    IDENTITY,
    INTERCEPT,
    SLOPE,
    SPECS,
    data,
    explained,
    sigmoid,
    stored,
)

booster, hold_out, summary = explained_case.booster, explained_case.hold_out, explained_case.summary


def test_served_contributions_agree_with_shaps_own_tree_walk(booster: lightgbm.Booster) -> None:
    output = explained(booster, data(300, 3)[0])
    assert output.additivity_max_error < 1e-9
    assert output.agreement_max_difference is not None
    assert output.agreement_max_difference < 1e-9


def test_they_agree_also_where_a_value_is_unknown_that_training_always_knew(booster: lightgbm.Booster) -> None:
    rows = data(300, 3)[0]
    rows[:100, 0] = np.nan  # LightGBM reads it as 0, because it never saw one
    difference = explained(booster, rows).agreement_max_difference
    assert difference is not None
    assert difference < 1e-9


def test_without_trees_the_check_is_reported_as_not_made(
    booster: lightgbm.Booster, hold_out: tuple[np.ndarray, np.ndarray]
) -> None:
    rows, label = hold_out
    output = replace(explained(booster, rows[:100]), booster=None)
    summary = summarise(IDENTITY, stored(booster, rows, label), [output], SPECS, CATALOGUE)
    assert "shap_agreement_max_difference" not in measured(summary)
    assert "ei tarkistettu" in render(summary)


@pytest.mark.parametrize("fault", ["one contribution moved to another feature", "forgotten slope", "wrong base"])
def test_a_wrong_explanation_is_found(booster: lightgbm.Booster, fault: str) -> None:
    good = explained(booster, data(300, 3)[0])
    served, base, p = good.served_contributions.copy(), good.served_base, good.probabilities
    if fault == "forgotten slope":
        served = served / SLOPE
    elif fault == "wrong base":
        base = base + 1e-3
    else:
        served[7, [0, 1]] = served[7, [1, 0]] + np.array([1e-3, -1e-3])
    wrong = ExplainedOutput("demo", good.name, booster, SLOPE, INTERCEPT, good.rows, base, served, p)
    assert wrong.agreement_max_difference is not None
    assert wrong.agreement_max_difference >= 1e-3 - 1e-9
    # Shares moved between two features still add up: only the second program finds them.
    assert (wrong.additivity_max_error < 1e-9) == fault.startswith("one contribution")


def test_importance_is_the_mean_absolute_share_of_a_family(booster: lightgbm.Booster) -> None:
    output = explained(booster, data(300, 3)[0])
    lines = {line["family"]: line for line in importance(output, SPECS)}
    visits = (output.served_contributions[:, 0] + output.served_contributions[:, 1]).astype(float)
    assert lines["visits"]["mean"] == pytest.approx(np.abs(visits).mean(), abs=1e-9)
    assert sum(line["share"] for line in lines.values()) == pytest.approx(1)
    assert next(iter(lines)) == "visits"


def test_families_are_sums_of_their_features() -> None:
    names, summed = by_family(np.array([[1.0, 20.0, 300.0, 4000.0]]), SPECS)
    assert names == ["visits", "age", "noise"]
    assert summed.tolist() == [[1.0 + 20.0, 300.0, 4000.0]]


def test_direction_says_that_more_visits_raise_and_what_unknown_does(booster: lightgbm.Booster) -> None:
    lines = {line["family"]: line for line in direction(explained(booster, data(400, 3)[0]), SPECS, ["visits", "age"])}
    assert lines["visits"]["feature"] == "visits__90d"
    assert lines["visits"]["rises"] > 0.9
    assert lines["visits"]["low"] < 0 < lines["visits"]["high"]
    assert lines["visits"]["unknown"] is None  # nobody's is
    assert lines["age"]["unknown"] is not None


def test_P6_no_profile_of_fewer_clients_than_the_smallest_cell(booster: lightgbm.Booster) -> None:
    assert [part["third"] for part in profiles(explained(booster, data(300, 3)[0]), SPECS)] == [
        "lowest",
        "middle",
        "highest",
    ]
    assert profiles(explained(booster, data(12, 3)[0]), SPECS) == []


def test_every_number_follows_from_the_stored_predictions(
    summary: dict[str, Any], booster: lightgbm.Booster, hold_out: tuple[np.ndarray, np.ndarray]
) -> None:
    frame = stored(booster, *hold_out)
    (output,) = summary["outputs"]
    label, p, base = (frame[column].to_numpy() for column in ("label", "p", "baseline_p"))
    figure = output["metrics"]["auroc"]
    assert figure["value"] == pytest.approx(metrics.auroc(label, p))
    assert figure["baseline"] == pytest.approx(metrics.auroc(label, base))
    assert figure["gain"] == pytest.approx(figure["value"] - figure["baseline"])
    assert figure["low"] < figure["value"] < figure["high"]
    assert (output["rows"], output["clients"], output["events"]) == (1200, 600, int(label.sum()))
    assert sum(rows for rows, _, _ in output["reliability"]) == 1200


def test_the_verdict_names_what_is_weakest(summary: dict[str, Any]) -> None:
    found = summary["verdict"]
    assert "AUROC" in found["sentence"]["fi"]
    assert 1 <= len(found["weakest"]) <= 3
    weights = [point["weight"] for point in found["weakest"]]
    assert weights == sorted(weights, reverse=True)
    assert found["weight"] == weights[0]


@pytest.mark.parametrize(
    "fault,             weight, said",
    [
        ("none", 1, "Measured on this county"),
        ("worse", 3, "No better than the simple baseline"),
        ("too extreme", 2, "too extreme"),
        ("under-predicted", 2, "observed / expected"),
        ("few", 2, "fewer than 200"),
    ],
)
def test_the_verdict_follows_the_figures(booster: lightgbm.Booster, fault: str, weight: int, said: str) -> None:
    rows, label = data(3000, 5)
    frame, output = stored(booster, rows, label), explained(booster, rows[:200])
    rng = np.random.default_rng(1)
    p = frame["p"].to_numpy()
    frame["label"] = (rng.random(3000) < p).astype(int)  # a calibrated model
    frame["group_municipality"] = "901"
    if fault == "worse":
        frame["baseline_p"], frame["p"] = frame["p"], frame["baseline_p"]
    elif fault == "too extreme":
        frame["p"] = sigmoid(1.33 * np.log(p / (1 - p)))
    elif fault == "under-predicted":
        frame["label"] = np.maximum(frame["label"], (rng.random(3000) < 0.3 * p).astype(int))
        frame["label"] = np.maximum(frame["label"], (rng.random(3000) < 0.3 * p).astype(int))
    elif fault == "few":
        frame = frame.iloc[:300]
    found = summarise(IDENTITY, frame, [output], SPECS, CATALOGUE)["verdict"]
    assert found["weight"] == weight
    assert any(said in point["en"] for point in found["weakest"])
