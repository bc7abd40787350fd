"""Needs with ordered levels or an amount: shares that sum to one, explanations that add up, the same from a bundle."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from models.answers import ModelStamp
from models.learners.amount import AmountModel
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.needs.alternatives import load_alternatives
from models.needs.need import NeedModel, load_task, main_step
from tests.models.client_case import SMALL_TREES, draw, labels, names, parts
from tests.plans import covers

STAMP = ModelStamp("need_home_care_change_6m", "1", "0" * 64, "2023-12-31", "2024-01-01")
CHANGE, MINUTES = load_task("home_care_change_6m"), load_task("home_care_minutes_6m")
TODAY = date(2024, 1, 5)


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return draw(400)


def client(rows: np.ndarray) -> np.ndarray:
    row = rows[0].copy()
    for name, value in {"age": 80, "home_care_episode": 1}.items():
        row[names().index(name)] = value
    return row


@pytest.fixture(scope="module")
def ordered(rows) -> NeedModel:
    described = parts(rows)
    trees = BoostedTrees.fit(rows, labels(rows), described.used, SMALL_TREES)
    steps = tuple(BinaryModel(trees, Calibration(0.9, shift)) for shift in (2.0, -1.0, -3.0))
    return NeedModel(described, CHANGE, main_step(CHANGE, steps), steps, trained_until=date(2023, 6, 1))


@pytest.fixture(scope="module")
def amount(rows) -> NeedModel:
    described = parts(rows)
    minutes = labels(rows) * 60.0 + np.arange(len(rows)) % 7
    trees = BoostedTrees.fit_amount(rows, minutes, described.used, SMALL_TREES)
    yes = BinaryModel(BoostedTrees.fit(rows, labels(rows), described.used, SMALL_TREES), Calibration())
    return NeedModel(described, MINUTES, yes, amount=AmountModel.fit(trees, trees.raw(rows), minutes))


@covers("002-A1")
def test_levels_sum_to_one_and_the_main_likelihood_is_the_main_level_s(rows, ordered) -> None:
    answer = ordered.answer(client(rows), STAMP, today=TODAY)
    assert [one.level for one in answer.levels] == ["lighter", "stable", "heavier", "residential"]
    assert sum(one.probability for one in answer.levels) == pytest.approx(1.0, abs=1e-12)
    heavier = sum(one.probability for one in answer.levels[2:])
    assert answer.likelihood.probability == pytest.approx(heavier, abs=1e-12)
    assert [one.id for one in answer.likelihoods] == [
        "home_care_change_6m_stable",
        "home_care_change_6m",
        "home_care_change_6m_residential",
    ]


def test_every_level_s_reasons_add_up(rows, ordered) -> None:
    for one in ordered.answer(client(rows), STAMP, today=TODAY).likelihoods:
        total = one.base + sum(reason.contribution for reason in one.contributions)
        assert abs(total - np.log(one.probability / (1 - one.probability))) <= 1e-9
        assert all(one.outcome[language] for language in ("fi", "sv", "en"))


@covers("002-A1")
def test_an_amount_is_told_in_its_unit_and_adds_up(rows, amount) -> None:
    told = amount.answer(client(rows), STAMP, today=TODAY).expected
    assert abs(told.base + sum(reason.contribution for reason in told.contributions) - told.value) <= 1e-9
    assert told.low <= told.value <= told.high
    assert told.unit["fi"] == "minuuttia viikossa"


@pytest.mark.parametrize("which", ["ordered", "amount"])
def test_the_bundle_says_the_same(rows, which, request) -> None:
    model: NeedModel = request.getfixturevalue(which)
    again = NeedModel.from_files(model.to_files())
    assert again.answer(client(rows), STAMP, today=TODAY) == model.answer(client(rows), STAMP, today=TODAY)
    golden, repeated = model.golden_outputs(rows[:8]), again.golden_outputs(rows[:8])
    assert golden.keys() == repeated.keys()
    assert all(np.array_equal(golden[name], repeated[name]) for name in golden)


def test_a_score_or_a_model_past_its_life_is_refused(rows, ordered) -> None:
    late = ordered.answer(client(rows), STAMP, today=date(2024, 6, 1))
    assert (late.status, late.likelihood, late.levels) == ("not_assessable", None, ())
    assert "152 päivää" in late.status_reason["fi"]
    frozen = replace(ordered, trained_until=date(2021, 12, 31))
    assert "731 päivää" in frozen.answer(client(rows), STAMP).status_reason["fi"]


def test_alternatives_travel_and_are_shown_without_a_choice(rows, ordered) -> None:
    model = replace(ordered, alternatives=load_alternatives("configs/alternatives/home_and_housing.yaml"))
    again = NeedModel.from_files(model.to_files())
    assert again.alternatives == model.alternatives


def test_an_unknown_task_is_named_with_the_nearest() -> None:
    with pytest.raises(Exception, match=r"no need task is called `frequent_emergensy_12m`. Did you mean `frequent_em"):
        load_task("frequent_emergensy_12m")
