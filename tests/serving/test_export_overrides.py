"""An override given on the page reaches the judgement: kept in the log, exported without its author, judged."""

import json
from datetime import date

import pandas as pd
import pytest

from evaluation.demand_reports import overrides
from serving.export_overrides import main, write_overrides
from serving.records.schema import OVERRIDE_LOG
from tests.serving.fake_engine import FakeEngine
from tests.serving.live_models import SERIES, STAMP, demand_model
from tests.serving.serving_parts import house
from tests.serving.test_planning_service import correction


@pytest.fixture
def built(tmp_path, monkeypatch):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path / "var"))
    made = house(FakeEngine())
    yield made
    made.close()


@pytest.fixture
def exported(built):
    planner = built.services.planner
    visitor = built.services.visitor(built.services.sign_in("planner"))
    original = planner.picture(visitor, "", SERIES).answer.points[0]
    planner.correct(visitor, correction(planner, visitor))
    planner.correct(visitor, correction(planner, visitor, value=90.0, key="form-2"))
    assert main([]) == 0
    published = built.settings.workspace.published
    return original, published / "forecasts" / STAMP.name.removeprefix("demand_") / "overrides" / "service.json"


def test_the_newest_number_is_judged_beside_the_original_that_it_took_the_place_of(exported):
    original, file = exported
    (told,) = overrides.kept_overrides([file])
    assert (told.override.value, told.original) == (90.0, pytest.approx(original.value))
    assert (told.override.series_id, told.override.ds) == (SERIES, date.fromisoformat(original.period_start))


def test_no_file_says_who_gave_a_number(exported):
    _, file = exported
    rows = json.loads(file.read_text(encoding="utf-8"))
    assert [row["value"] for row in rows] == [100.0, 90.0]
    assert {name for row in rows for name in row} == {"series_id", "ds", "value", "original", "role", "reason", "time"}


def test_what_came_says_whether_the_number_helped(exported):
    original, file = exported
    model = demand_model()
    came = pd.Series([88.0], [pd.Timestamp(original.period_start)])
    seen = type("Seen", (), {"history": {SERIES: came}, "config": model.config})()
    _, published = overrides.judged({"m": overrides.kept_overrides([file])}, {"m": seen}, "2025-06-01")
    helped = abs(90.0 - 88.0) < abs(original.value - 88.0)
    assert (published["n"], published["better"], published["worse"]) == (1, int(helped), int(not helped))
    assert published["mean_change"] == pytest.approx((abs(90 - 88) - abs(original.value - 88)) / 88)


def test_an_export_takes_the_place_of_the_one_before_and_models_are_kept_apart(built, exported):
    _, file = exported
    rows = built.desk.records.kept(OVERRIDE_LOG)
    other = [{**rows[0], "model": "demand_other"}]
    files = write_overrides([*rows, *other], file.parents[3])
    assert [len(json.loads(one.read_text(encoding="utf-8"))) for one in files] == [2, 1]


def test_without_a_log_the_command_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path / "nothing"))
    assert main([]) != 0
    assert "nothing was served" in capsys.readouterr().err
