"""Ordered outcomes and amounts in an answer: every level, every threshold explained, one bundle."""

import dataclasses
import json
import math

import numpy as np
import pytest

from models.alternatives import Alternatives
from models.answers import ModelStamp
from models.learners.amount import AmountModel
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.need import NeedModel, load_task, main_place, main_step, output_id
from tests.client_case import SMALL_TREES, draw, labels, names, parts, words

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


def test_the_main_likelihood_is_that_of_the_main_level_and_each_adds_up(rows, ordered):
    answer = json.loads(json.dumps(dataclasses.asdict(ordered.answer(client(rows), STAMP))))
    by_id = {one["id"]: one for one in answer["likelihoods"]}
    assert set(by_id) == {"home_care_change_6m", "home_care_change_6m_stable", "home_care_change_6m_residential"}
    assert answer["likelihood"] == by_id["home_care_change_6m"]
    for one in by_id.values():
        total = one["base"] + math.fsum(part["contribution"] for part in one["contributions"])
        assert abs(total - math.log(one["probability"] / (1 - one["probability"]))) <= 1e-9
    assert by_id["home_care_change_6m_residential"]["outcome"]["fi"] == "Ympärivuorokautinen hoito alkaa"
    assert by_id["home_care_change_6m_stable"]["outcome"]["fi"].startswith("Vähintään")


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


def test_an_amount_is_told_in_its_unit_with_its_interval_and_adds_up(rows, amount):
    expected = amount.answer(client(rows, rai_cps=5), STAMP).expected
    assert expected.unit["fi"] == "minuuttia viikossa"
    assert expected.low < expected.value < expected.high
    total = expected.base + math.fsum(one.contribution for one in expected.contributions)
    assert abs(total - expected.value) <= 1e-9
    assert {one.family for one in expected.contributions} == {spec.family for spec in amount.parts.explainer.specs}


def test_a_yes_or_no_task_has_neither_levels_nor_thresholds(rows, amount):
    answer = amount.answer(client(rows), STAMP)
    assert (answer.levels, answer.likelihoods) == ((), ())
    assert answer.likelihood is not None


def test_outside_the_cohort_there_is_no_level_and_no_amount(rows, ordered, amount):
    for model in (ordered, amount):
        answer = model.answer(client(rows, home_care_episode=0), STAMP)
        assert (answer.levels, answer.likelihoods, answer.expected, answer.alternatives) == ((), (), None, ())


@pytest.mark.parametrize("kind", ["ordered", "amount"])
def test_the_bundle_says_the_same(request, rows, kind):
    model = request.getfixturevalue(kind)
    again = NeedModel.from_files(model.to_files())
    assert again.answer(client(rows), STAMP) == model.answer(client(rows), STAMP)
    assert again.to_files() == model.to_files()
    golden, repeated = model.golden_outputs(rows[:8]), again.golden_outputs(rows[:8])
    assert all(np.array_equal(golden[name], repeated[name]) for name in golden)
    wanted = {"ordered": "home_care_change_6m_residential_log_odds", "amount": "amount_high"}
    assert wanted[kind] in golden


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
