"""A need task from YAML: whom it is about, what it answers, and a bundle that says the same again."""

import dataclasses
import json
import math

import numpy as np
import pytest

from configs.errors import ConfigError
from configs.loader import read_yaml, validate_config
from models.answers import ModelStamp
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.needs.need import NeedModel, NeedTask, gate, load_task
from tests.models.client_case import SMALL_TREES, draw, labels, names, parts
from tests.plans import covers

STAMP = ModelStamp("need_heavier_home_care_6m", "1", "0" * 64, "2023-12-31", "2024-01-01")
TASK = load_task("configs/needs/heavier_home_care_6m.yaml")


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return draw(400)


@pytest.fixture(scope="module", params=["lightgbm", "logistic"])
def model(request, rows) -> NeedModel:
    described = parts(rows)
    fits = {
        "lightgbm": lambda: BoostedTrees.fit(rows, labels(rows), described.used, SMALL_TREES),
        "logistic": lambda: LogisticRegression.fit(rows, labels(rows), described.used, BaselineSettings()),
    }
    return NeedModel(described, TASK, BinaryModel(fits[request.param](), Calibration(0.9, -0.2)))


def client(rows, **values) -> np.ndarray:
    row = rows[0].copy()
    for name, value in {"age": 80, "home_care_episode": 1, **values}.items():
        row[names().index(name)] = value
    return row


@pytest.mark.parametrize(
    "age,      home_care, status",
    [
        (80, 1, "answered"),
        (18, 1, "answered"),
        (17, 1, "not_eligible"),
        (80, 0, "not_eligible"),
        (80, np.nan, "not_eligible"),
        (np.nan, 1, "not_assessable"),
    ],
)
def test_whom_the_task_is_about(rows, model, age, home_care, status):
    answer = model.answer(client(rows, age=age, home_care_episode=home_care), STAMP)
    assert answer.status == status
    assert (answer.likelihood is not None) == (status == "answered")
    assert bool(answer.status_reason["fi"]) == (status != "answered")


def test_the_answer_adds_up_on_its_json(rows, model):
    answer = json.loads(json.dumps(dataclasses.asdict(model.answer(client(rows), STAMP))))
    likelihood = answer["likelihood"]
    total = likelihood["base"] + sum(one["contribution"] for one in likelihood["contributions"])
    assert abs(total - math.log(likelihood["probability"] / (1 - likelihood["probability"]))) <= 1e-9
    assert (answer["horizon_days"], answer["gap_days"]) == (182, 0)


@covers("000-11")
def test_a_low_number_ends_nothing(rows, model):
    assert "ei päätä" in model.answer(client(rows), STAMP).notice["fi"]


def test_the_bundle_says_the_same(rows, model):
    again = NeedModel.from_files(model.to_files())
    assert again.answer(client(rows), STAMP) == model.answer(client(rows), STAMP)
    assert again.to_files() == model.to_files()
    golden, repeated = model.golden_outputs(rows[:8]), again.golden_outputs(rows[:8])
    assert all(np.array_equal(golden[name], repeated[name]) for name in golden)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"horizon_days": 0}, "horizon_days"),
        ({"outcome": {}}, "give either"),
        ({"horizn_days": 90}, "Did you mean `horizon_days`"),
        ({"id": "Has Space"}, "`id`"),
        ({"published_best": {"auroc": 0.8}}, "published_best.source"),
    ],
)
def test_a_broken_task_is_refused(change, message):
    values = {**read_yaml("configs/needs/heavier_home_care_6m.yaml"), **change}
    with pytest.raises(ConfigError, match=message):
        validate_config(values, NeedTask, "need.yaml")


@pytest.mark.parametrize("path", ["configs/needs/heavier_home_care_6m.yaml", "configs/needs/hospital_ward_90d.yaml"])
def test_shipped_tasks_load_and_name_their_ages(path):
    assert load_task(path).ages.low == 18


def test_the_default_group_is_everybody_of_age():
    task = load_task("configs/needs/hospital_ward_90d.yaml")
    assert gate(task, {"age": 40.0}) is None
    assert gate(task, {}) is None  # no age feature in that catalogue
