"""Does a score tell where the records come from?  Planted, it is found, and shuffling what tells it takes it away."""

import numpy as np
import pytest

from evaluation.fairness.subjects.encoded import (
    Asked,
    at_same_outcome,
    cross_fitted,
    encoding_metrics,
    encoding_report,
    standardised,
    told_apart,
)
from tests.plans import covers

N = 1200
NAMES = ("need", "habit", "noise")


def asked(seed: int = 1) -> tuple[Asked, np.ndarray]:
    """Clients of two recording instances; `habit` is what instance b records more of, whatever the need."""
    rng = np.random.default_rng(seed)
    instance = np.where(rng.random(N) < 0.5, "a", "b")
    need, noise = rng.normal(size=(2, N))
    habit = rng.normal(size=N) + 2.0 * (instance == "b")
    habit[rng.random(N) < 0.1] = np.nan
    label = (rng.random(N) < 1 / (1 + np.exp(-1.5 * need))).astype(int)
    used = np.column_stack([need, habit, noise]).astype(np.float32)
    return Asked(used, NAMES, np.arange(N), {"instance": instance}), label


def score_of(weights: tuple[float, float, float]):
    return lambda rows: 1 / (1 + np.exp(-np.nan_to_num(rows) @ np.array(weights)))


@pytest.fixture(scope="module")
def reports():
    held, label = asked()
    rows = np.arange(N)
    scorers = {"fair": (rows, label, score_of((1.5, 0, 0))), "habitual": (rows, label, score_of((1.5, 1, 0)))}
    return encoding_report(held, scorers, seed=1)


def of(report, kind: str, output: str):
    return next(one for one in report[kind] if one["output"] == output)


def test_a_score_of_need_does_not_tell_the_instance(reports):
    found = of(reports, "adversaries", "fair")
    assert found["from_score_at_same_outcome"] < 0.55
    assert found["from_features"] > 0.85  # the features would tell it; the score does not use what tells it


@covers("002-D14")
def test_a_score_of_recording_habits_tells_the_instance(reports):
    found = of(reports, "adversaries", "habitual")
    assert found["from_score_at_same_outcome"] > 0.75
    assert encoding_metrics(reports)["encoding_max_from_score"] >= found["from_score_at_same_outcome"]


@covers("002-D14")
def test_shuffling_what_tells_it_takes_it_away():
    held, label = asked()
    only_habit = Asked(held.used[:, 1:], NAMES[1:], held.client, held.traits)
    scorers = {"habitual": (np.arange(N), label, score_of((1, 0)))}  # type: ignore[arg-type]
    found = of(encoding_report(only_habit, scorers, 1), "ablations", "habitual")
    assert found["features"][0] == "habit"
    assert found["gap_before"] > 1.5
    assert found["gap_after"] < 0.3


def test_the_adversary_is_asked_about_clients_it_did_not_learn_from():
    """Fifty columns of noise: one that was asked about its own clients would tell the halves apart."""
    rng = np.random.default_rng(3)
    noise, mask = rng.normal(size=(200, 50)), rng.random(200) < 0.5
    assert told_apart(mask, cross_fitted(mask, noise, np.arange(200), 1)) < 0.62


def test_a_class_of_few_clients_is_not_asked_about(reports):
    held, label = asked()
    few = Asked(held.used, NAMES, held.client, {"instance": np.where(np.arange(N) < 20, "tiny", "rest")})
    report = encoding_report(few, {"fair": (np.arange(N), label, score_of((1, 0, 0)))}, 1)
    assert report["adversaries"] == report["ablations"] == []
    assert encoding_metrics(report) == {"encoding_max_from_score": 0.5, "encoding_max_from_features": 0.5}


@pytest.mark.parametrize(
    "mask, score, label, apart, same",
    [
        # told by need alone: those with the outcome have the score, and are of the class more often
        ([1, 1, 1, 0, 0, 0, 1, 0], [9, 9, 9, 9, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0, 0, 0], 0.75, 0.5),
        ([1, 1, 0, 0], [2, 2, 1, 1], [1, 0, 1, 0], 1.0, 1.0),
        ([0, 0, 1, 1], [2, 2, 1, 1], [1, 0, 1, 0], 1.0, 1.0),  # the direction does not matter
    ],
)
def test_by_hand(mask, score, label, apart, same):
    mask, score, label = np.array(mask, bool), np.array(score, float), np.array(label)
    assert told_apart(mask, score) == apart
    assert at_same_outcome(mask, score, label) == same


def test_an_unknown_value_is_the_mean_and_said_beside():
    design = standardised(np.array([[1.0, 7], [3, 7], [np.nan, 7]]))
    assert design.shape == (3, 3)  # ones, the value, whether it is unknown; the constant column is left out
    assert design[2, 1] == 0
    assert design[2, 2] > 0 > design[0, 2]
