"""Ordered outcomes: levels from thresholds, what each likelihood is called, and which events one can be warned of."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from models.answers import ModelStamp
from models.learners.amount import AmountModel
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.needs.alternatives import Alternatives
from models.needs.need import NeedModel, load_task, main_place, main_step, output_id
from models.needs.need_task import NeedTask
from tests.models.client_case import SMALL_TREES, draw, labels, names, parts, words
from training.needs.outcome import predictions
from training.rows.holdout import Rows

STAMP = ModelStamp("need_home_care_change_6m", "1", "0" * 64, "2023-12-31", "2024-01-01")
CHANGE, MINUTES = load_task("home_care_change_6m"), load_task("home_care_minutes_6m")


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return draw(400)


@pytest.fixture(scope="module")
def ordered(rows) -> NeedModel:
    """Thresholds that fall from "stable or more" to 24-hour care."""
    described = parts(rows)
    trees = BoostedTrees.fit(rows, labels(rows), described.used, SMALL_TREES)
    steps = tuple(BinaryModel(trees, Calibration(0.8, shift)) for shift in (2.0, -0.5, -3.0))
    return NeedModel(described, CHANGE, main_step(CHANGE, steps), steps)


@pytest.fixture(scope="module")
def amount(rows) -> NeedModel:
    described = parts(rows)
    trees = BoostedTrees.fit(rows, labels(rows), described.used, SMALL_TREES)
    minutes = 40.0 * labels(rows) - 10 + np.random.default_rng(3).normal(0, 5, len(rows))
    grown = BoostedTrees.fit_amount(rows, minutes, described.used, SMALL_TREES)
    held = AmountModel.fit(grown, grown.raw(rows), minutes)
    return NeedModel(described, MINUTES, BinaryModel(trees, Calibration(0.9, -0.2)), amount=held)


def client(rows: np.ndarray, **values: float) -> np.ndarray:
    row = rows[0].copy()
    for name, value in {"age": 80, "home_care_episode": 1, **values}.items():
        row[names().index(name)] = value
    return row


def test_the_levels_are_the_differences_of_the_thresholds(rows, ordered):
    answer = ordered.answer(client(rows), STAMP)
    above = [one.probability for one in sorted(answer.likelihoods, key=lambda one: -one.probability)]
    shares = {one.level: one.probability for one in answer.levels}
    assert list(shares) == ["lighter", "stable", "heavier", "residential"]
    assert shares["lighter"] == pytest.approx(1 - above[0])
    assert shares["stable"] == pytest.approx(above[0] - above[1])
    assert shares["heavier"] == pytest.approx(above[1] - above[2])
    assert shares["residential"] == pytest.approx(above[2])
    assert sum(shares.values()) == pytest.approx(1, abs=1e-12)


def test_crossing_thresholds_never_give_a_negative_level(rows, ordered):
    crossed = dataclasses.replace(ordered, steps=tuple(reversed(ordered.steps)))
    shares = crossed.level_probabilities(crossed.parts.used_columns(rows))
    assert shares.min() >= 0
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)


@pytest.mark.parametrize(
    "task,                   level,         id",
    [
        ("home_care_change_6m",  "heavier",     "home_care_change_6m"),
        ("home_care_change_6m",  "residential", "home_care_change_6m_residential"),
        ("heavier_home_care_6m", "yes",         "heavier_home_care_6m"),
    ],
)  # fmt: skip
def test_what_a_likelihood_is_called(task, level, id):
    assert output_id(load_task(task), level) == id


@pytest.mark.parametrize("task, place", [("home_care_change_6m", 2), ("heavier_home_care_6m", 1)])
def test_where_the_main_level_stands(task, place):
    assert main_place(load_task(task)) == place


def test_a_yes_or_no_task_has_neither_levels_nor_thresholds(rows, amount):
    answer = amount.answer(client(rows), STAMP)
    assert (answer.levels, answer.likelihoods) == ((), ())
    assert answer.likelihood is not None


def test_outside_the_cohort_there_is_no_level_and_no_amount(rows, ordered, amount):
    for model in (ordered, amount):
        answer = model.answer(client(rows, home_care_episode=0), STAMP)
        assert (answer.levels, answer.likelihoods, answer.expected, answer.alternatives) == ((), (), None, ())


def alternatives() -> Alternatives:
    sign = {"feature": "emergency_contacts__90d", "source": "a test"}
    one = {"name": words("home care"), "speaks_for": {"often": {**sign, "at_least": 2}}}
    other = {"name": words("housing"), "speaks_for": {"seldom": {**sign, "at_most": 1}}}
    return Alternatives.model_validate(
        {"version": "1", "source": "a test", "notice": words("notice"), "alternatives": {"home": one, "housing": other}}
    )


def test_the_alternatives_stand_side_by_side_and_travel_in_the_bundle(rows, ordered):
    with_them = dataclasses.replace(ordered, alternatives=alternatives())
    again = NeedModel.from_files(with_them.to_files())
    answer = again.answer(client(rows, emergency_contacts__90d=3), STAMP)
    said = {one.id: [evidence.direction for evidence in one.evidence] for one in answer.alternatives}
    assert said == {"home": ["for"], "housing": []}
    assert answer.alternatives == with_them.answer(client(rows, emergency_contacts__90d=3), STAMP).alternatives


# What is stored of a training


class Says:
    """A model that gives everybody one probability."""

    def __init__(self, p: float) -> None:
        self.p = p

    def probabilities(self, used: np.ndarray) -> np.ndarray:
        return np.full(len(used), self.p)


def stored_days(task: NeedTask, label: list[int], days: list[float], outputs: list[str]) -> dict[str, list[float]]:
    """event_days of the stored predictions, by output; NaN as -1."""
    rows = Rows(pd.DataFrame({"row": range(len(label)), "client": range(len(label))}))
    fitted = SimpleNamespace(model=Says(0.2), baseline=Says(0.1))
    trained = SimpleNamespace(
        model=SimpleNamespace(task=task),
        steps=[SimpleNamespace(output=output, fitted=fitted) for output in outputs],
        labelled=SimpleNamespace(event_days=np.array(days)),
        tested=np.arange(len(label)),
        used=np.zeros((len(label), 1)),
        rows=rows,
        label=np.array(label),
    )
    found = predictions(trained)
    return {output: part["event_days"].fillna(-1).tolist() for output, part in found.groupby("output")}


def test_only_levels_from_the_main_one_up_have_days_to_their_event():
    lighter, stable, heavier, residential = range(4)
    outputs = ["home_care_change_6m_stable", "home_care_change_6m", "home_care_change_6m_residential"]
    label, days = [lighter, stable, heavier, residential], [30.0, np.nan, 60.0, 90.0]
    found = stored_days(CHANGE, label, days, outputs)
    assert found["home_care_change_6m_stable"] == [-1, -1, -1, -1]  # nobody is warned of staying as one is
    assert found["home_care_change_6m"] == [-1, -1, 60, 90]  # the day of lighter care is no event of heavier care
    assert found["home_care_change_6m_residential"] == [-1, -1, -1, 90]


def test_a_yes_has_its_day_and_a_no_has_none():
    assert stored_days(MINUTES, [0, 1], [np.nan, 45.0], ["home_care_minutes_6m"]) == {"home_care_minutes_6m": [-1, 45]}
