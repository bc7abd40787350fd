"""What an over-age score still tells, and what a bundle remembers of its training."""

from dataclasses import replace
from datetime import date

import pytest

from models.answers import ModelStamp
from models.learners.binary import BinaryModel
from models.learners.boosting import BoostedTrees
from models.learners.calibration import Calibration
from models.needs.need import NeedModel, load_task
from tests.models.client_case import SMALL_TREES, draw, labels, names, parts

AS_OF, TRAINED = date(2024, 7, 1), date(2024, 1, 1)
STAMP = ModelStamp("need_heavier_home_care_6m", "1", "0" * 64, "2024-06-30", AS_OF.isoformat())


@pytest.fixture(scope="module")
def model() -> NeedModel:
    rows = draw(300)
    described = parts(rows)
    trees = BoostedTrees.fit(rows, labels(rows), described.used, SMALL_TREES)
    binary = BinaryModel(trees, Calibration(1.0, 0.0))
    return NeedModel(described, load_task("heavier_home_care_6m"), binary, trained_until=TRAINED)


def client() -> object:
    row = draw(1)[0]
    row[names().index("age")], row[names().index("home_care_episode")] = 80, 1
    return row


def test_an_over_age_score_has_no_number_but_still_says_what_is_known(model):
    life = model.task.score_life_days
    young = model.answer(client(), STAMP, today=date.fromordinal(AS_OF.toordinal() + life))
    old = model.answer(client(), STAMP, today=date.fromordinal(AS_OF.toordinal() + life + 1))
    assert (young.status, old.status) == ("answered", "not_assessable")
    assert old.likelihood is None
    assert str(life + 1) in old.status_reason["fi"]
    assert (old.missing, old.sources, old.notice) == (young.missing, young.sources, young.notice)


def test_a_model_left_behind_is_refused_and_its_bundle_remembers_until_when_it_was_taught(model):
    again = NeedModel.from_files(model.to_files())
    assert again.trained_until == TRAINED
    late = replace(STAMP, as_of=date.fromordinal(TRAINED.toordinal() + model.task.model_life_days + 1).isoformat())
    assert again.answer(client(), late).status == "not_assessable"
    before = replace(again, trained_until=None)
    assert NeedModel.from_files(before.to_files()).answer(client(), late).status == "answered"


def test_whom_the_task_is_not_about_is_told_so_only_while_the_score_is_young(model):
    row = client()
    row[names().index("home_care_episode")] = 0
    assert model.answer(row, STAMP, today=AS_OF).status == "not_eligible"
    assert model.answer(row, STAMP, today=date(2030, 1, 1)).status == "not_assessable"
