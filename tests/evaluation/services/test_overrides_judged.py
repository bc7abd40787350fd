"""What came of forecasts and of overrides: an earlier forecast whose periods are complete, through the command."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
import yaml

from configs.errors import DataError
from configs.workspace import Workspace
from evaluation.demand_reports import __main__ as command
from evaluation.demand_reports import kept, overrides
from models.planning.judged import ENOUGH
from models.planning.overrides import Override
from models.registry import RegisteredBundle
from tests.evaluation.services.test_demand_reports import WEEKS, model
from tests.features.test_series import ANNA, resident, stored

SERIES = ("901|visits|total", "902|visits|total")
KEYS = {
    "as_of",
    "n",
    "better",
    "worse",
    "same",
    "mean_change",
    "low95",
    "high95",
    "unit",
    "by_author_hidden",
    "sentence",
}
VERSION = RegisteredBundle("demand_m", "2", "run", "b" * 64, "demand", "5" * 64, datetime(2025, 3, 1, tzinfo=UTC), {})


def override(series: str, ds: pd.Timestamp, value: float, hour: int = 8) -> Override:
    return Override(series, ds.date(), value, "planner", "influenza", datetime(2025, 2, 9, hour, tzinfo=UTC))


def keep(folder: Path, *told: Override, original: float = 24.0) -> Path:
    return overrides.keep(folder, told, {(one.series_id, pd.Timestamp(one.ds)): original for one in told})


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """A forecast kept four weeks ago, whose every week came (30 visits a week per area), and the command on it."""
    root = tmp_path / "var"
    stored(root / "store", [resident(ANNA)], population=[])
    then, now = model(horizon=4), model(horizon=4, periods=WEEKS + 4)
    folder = Workspace.of(str(root)).published / overrides.FORECASTS / "m"
    kept.keep(folder, "1", "2025-02-09", then)
    registry = type("Registry", (), {"latest": lambda self, name: VERSION if name == "demand_m" else None})
    monkeypatch.setattr(command, "connect", lambda workspace: registry())
    monkeypatch.setattr(command, "load_demand", lambda workspace, registry, version: now)
    config = tmp_path / "reports.yaml"
    places = "configs/demand/home_care_weekly.yaml"
    config.write_text(yaml.safe_dump({"var": str(root), "places": places, "models": ["m"]}), encoding="utf-8")

    def go() -> tuple[dict, dict, str]:
        assert command.main(["--config", str(config)]) == 0
        published = Workspace.of(str(root)).published
        report = next(published.glob("*/demand_reports.json"))
        judged = json.loads((published / "overrides_judged.json").read_text(encoding="utf-8"))
        sections = {one["id"]: one for one in json.loads(report.read_text(encoding="utf-8"))["sections"]}
        return sections, judged, capsys.readouterr().out

    return go, folder, sorted(then.forecast["ds"].unique())


def test_an_earlier_forecast_whose_weeks_came_is_compared_and_no_override_is_said(run):
    sections, judged, printed = run[0]()
    lines = {line["series"]: line for line in sections["realised"]["lines"]}
    one = lines["901|visits|total"]
    assert (one["said"], one["periods"], one["forecast"], one["came"]) == ("2025-02-09", 4, 4 * 24, 4 * 30)
    assert one["wape"] == pytest.approx(6 / 30)
    assert (one["wape_last_year"], one["inside80"], one["inside95"]) == (0, 0, 1)  # 30 a week: above 28, at 30
    assert set(judged) == KEYS
    assert (judged["n"], judged["mean_change"], judged["low95"]) == (0, None, None)
    assert judged["sentence"]["en"] == "No overridden period has been seen yet."
    assert "realised             6 lines" in printed


def test_overrides_are_judged_by_hand(run):
    go, folder, weeks = run
    first, second, third = weeks[:3]
    keep(folder, override(SERIES[0], first, 99, hour=7))  # replaced below
    keep(folder, override(SERIES[0], first, 30), override(SERIES[0], second, 15), override(SERIES[1], third, 36))
    keep(folder, override(SERIES[1], pd.Timestamp("2030-01-07"), 1, hour=9))  # still to come
    sections, judged, _ = go()
    # missed by 0, 15 and 6 instead of 6 each, in series of 30 a week
    assert {name: judged[name] for name in ("n", "better", "worse", "same")} == {
        "n": 3, "better": 1, "worse": 1, "same": 1,
    }  # fmt: skip
    assert judged["mean_change"] == pytest.approx(((0 - 6) + (15 - 6) + (6 - 6)) / (3 * 30))
    assert judged["low95"] <= judged["mean_change"] <= judged["high95"]
    assert judged["sentence"]["fi"].startswith("Vain 3 korjattua lukua: liian vähän")
    assert (judged["unit"], judged["by_author_hidden"], judged["as_of"]) == (overrides.UNIT, True, "2024-12-31")
    assert "planner" not in json.dumps(judged)
    line = sections["overrides"]["lines"][0]
    assert (line["reason"], line["n"], line["share_better"]) == ("all", 3, pytest.approx(1 / 3))
    assert len(sections["overrides"]["lines"]) == 1, "a reason of three numbers has no line of its own"
    assert sections["overrides"]["notes"][1]["en"].startswith("The period of 1 overridden")


def test_overrides_that_all_helped_have_an_interval_below_zero_and_their_reason_a_line(run):
    go, folder, weeks = run
    names = [f"{area}|visits|{group}" for area in ("901", "902", "county") for group in ("total", "75plus")]
    came = {"total": 30.0, "75plus": 10.0}
    told = [
        override(name, week, came[name.split("|")[2]] * (2 if name.startswith("county") else 1))
        for name in names
        for week in weeks
    ]
    keep(folder, *told, *(override(name, weeks[0], told[0].value, hour=7) for name in names))
    sections, judged, _ = go()
    assert judged["n"] == 24
    assert judged["n"] < ENOUGH
    assert judged["better"] == 24
    assert judged["high95"] < 0
    assert [line["reason"] for line in sections["overrides"]["lines"]] == ["all", "influenza"]


def test_a_number_taken_back_is_not_judged_and_a_damaged_file_is_named(tmp_path: Path):
    week = pd.Timestamp("2025-02-10")
    file = keep(tmp_path, override("a", week, 5))
    assert keep(tmp_path, override("a", week, 7)) == file, "the same time: what is kept stays"
    assert [one.override.value for one in overrides.kept_overrides([file])] == [5]
    back = {**override("a", week, 5).as_json(), "value": None, "original": 3.0, "time": "2025-02-10T08:00:00+00:00"}
    later = tmp_path / "back.json"
    later.write_text(json.dumps([back]), encoding="utf-8")
    assert overrides.kept_overrides([file, later]) == ()
    service = {name: value for name, value in back.items() if name != "author_role"} | {"value": 4.0, "role": "planner"}
    later.write_text(json.dumps([service]), encoding="utf-8")
    assert overrides.kept_overrides([file, later])[0].override.ds == date(2025, 2, 10)
    later.write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match=r"back\.json is no list of overrides"):
        overrides.kept_overrides([later])
