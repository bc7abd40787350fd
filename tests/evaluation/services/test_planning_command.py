"""The planning command on a small trained forecast: its files, its table, and what it says when something lacks."""

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from openpyxl import load_workbook

from configs.loader import PROJECT_ROOT, load_config
from evaluation.planning import __main__ as command
from evaluation.planning.read import Forecast, read_scenarios
from evaluation.planning.settings import PlanningConfig
from evaluation.published import take_along
from models.demand import DemandModel
from models.demand.forecasters import boosted
from models.demand.hierarchy import aggregate, published_series
from models.demand.model import parse_booster
from models.exchange import read_workbook, workbook
from models.planning.base import base_of
from models.planning.scenarios.config import ChannelShift, load_scenario
from models.planning.sums import add_up, parts_of
from models.registry import RegisteredBundle
from tests.models.demand.demand_data import weekly
from tests.models.demand.test_demand import bottom

SCENARIOS = sorted((PROJECT_ROOT / "configs" / "scenarios").glob("*.yaml"))
VERSION = RegisteredBundle(
    "demand_home_care_weekly",
    "3",
    "run",
    "b" * 64,
    "demand",
    "5" * 64,
    datetime(2025, 1, 1, tzinfo=UTC),
    {"data_until": "2024-12-31"},
)


@pytest.fixture(scope="module")
def model() -> DemandModel:
    """The last week's value as the forecast of every series, ± 10 and 20 %."""
    config, panel = weekly(), bottom()
    trees = boosted.fit(panel, config.lightgbm, config.freq, config.season_length)
    last = panel.groupby("unique_id").tail(1).rename(columns={"y": "value"})
    ahead = pd.concat([last.assign(ds=last["ds"] + pd.Timedelta(weeks=step)) for step in (1, 2, 3, 4)])
    table = aggregate(ahead, published_series(config, []), ["ds"])
    table["step"] = table.groupby("series_id")["ds"].rank(method="first").astype(int)
    for level, width in (("80", 0.1), ("95", 0.2)):
        table[f"low{level}"], table[f"high{level}"] = table["value"] * (1 - width), table["value"] * (1 + width)
    booster = parse_booster(boosted.booster_text(trees))
    return DemandModel(config, "lightgbm", booster, panel, table, {}, {})


@pytest.fixture
def run(var: Path, model: DemandModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    """Runs the command with a changed config; the exit code, what it printed, and where it wrote."""
    monkeypatch.setenv("LUOTAIN_DATA", str(tmp_path / "no such files"))
    monkeypatch.setattr(command, "connect", lambda workspace: None)
    monkeypatch.setattr(command, "read_forecast", lambda workspace, registry, config_id: Forecast(model, VERSION))

    def go(*more: str, **changes: Any) -> tuple[int, str, Path]:
        values = yaml.safe_load((PROJECT_ROOT / "configs" / "planning.yaml").read_text(encoding="utf-8"))
        values |= {"scenarios": ["configs/scenarios/ageing.yaml"], "languages": ["fi"]}
        file = tmp_path / "planning.yaml"
        file.write_text(yaml.safe_dump({**values, **changes}), encoding="utf-8")
        code = command.main(["--config", str(file), *more])
        printed = capsys.readouterr()
        return code, printed.out + printed.err, var / "published" / ("5" * 12) / "planning"

    return go


def test_a_base_of_a_served_model_has_parts_that_add_up(model: DemandModel) -> None:
    base = base_of(model)
    parts = parts_of(base)
    summed = add_up(parts, parts.values, base.series)
    wanted = base.forecast.pivot(index="series_id", columns="ds", values="value").loc[summed.index]
    assert (summed - wanted).abs().to_numpy().max() < 1e-9
    assert base.dimensions["age_group"] == ("65to74", "75plus", "under65")


def test_the_command_writes_its_files_and_prints_its_table(run: Any) -> None:
    early = ["configs/scenarios/early_support.yaml", "configs/scenarios/closing.yaml"]
    code, printed, folder = run(scenarios=early, languages=["fi"])
    assert code == 0, printed
    assert "The files of THL's need model are not there" in printed
    assert "Early support" in printed
    assert "closing: left out. `supply.0.unit.area`: unknown value `907`" in printed
    assert "not in this forecast, so not staffed: phone, chat" in printed
    told = json.loads((folder / "home_care_weekly.json").read_text(encoding="utf-8"))
    assert [one["id"] for one in told["scenarios"]] == ["early_support"]
    assert {one["scenario"] for one in told["staffing_by_scenario"]} == {"base", "early_support"}
    assert len(told["charts"]) == 24
    book = load_workbook(BytesIO((folder / "home_care_weekly_fi.xlsx").read_bytes()))
    assert book.sheetnames[0] == "Ennuste"
    assert (folder / "home_care_weekly_fi_compared.csv").read_text(encoding="utf-8-sig").startswith("Sarja;")


def test_ages_that_need_a_population_are_left_out_without_one(run: Any) -> None:
    code, printed, _ = run(population=False)
    assert code == 0
    assert "ageing: left out. The scenario changes only some ages" in printed


def test_a_planners_own_workbook_is_a_scenario(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.xlsx"
    assert command.main(["--template", str(file)]) == 0
    sheets = load_workbook(file)
    for title in ("channel_shift", "early_support", "supply"):
        sheets.remove(sheets[title])
    sheets["population"].cell(2, sheets["population"].max_column, "own count")  # no longer the example
    sheets.save(file)
    code, printed, _ = run(scenarios=[str(file)])
    assert code == 0, printed
    assert "My scenario" in printed
    assert command.main(["--template", str(file)]) == 2  # nothing filled in is overwritten


def test_overrides_of_a_sheet_are_used_and_shown(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "overrides.xlsx"
    assert run("--overrides-template", str(file))[0] == 0
    rows = [[cell.value for cell in row] for row in read_workbook(file.read_bytes())["overrides"]]
    at = next(number for number, row in enumerate(rows, start=1) if row[0] == "county|visits|total")
    book = load_workbook(file)
    book["overrides"].cell(at, 4, 1000.0)
    book["overrides"].cell(at, 6, "uusi yksikkö")
    book.save(file)
    code, printed, folder = run(overrides=str(file), scenarios=[], languages=["fi"])
    kept = next((folder.parents[1] / "forecasts" / "home_care_weekly" / "overrides").glob("*.json"))
    told = json.loads(kept.read_text(encoding="utf-8"))
    assert [(one["value"], one["reason"]) for one in told] == [(1000.0, "uusi yksikkö")]
    assert told[0]["original"] != 1000.0, "what it took the place of is kept beside it"
    assert code == 0, printed
    shown = load_workbook(BytesIO((folder / "home_care_weekly_fi.xlsx").read_bytes()))["Korjaukset"]
    assert (shown["E2"].value, shown["F2"].value) == (1000, "suunnittelija")


@pytest.mark.parametrize(
    "changes,                                   said",
    [
        ({"scenarios": ["nothing.xlsx"]}, "nothing.xlsx does not exist"),
        ({"scenarios": ["README.md"]}, "neither .xlsx nor .csv"),
        ({"matters_from": {"gidance": "county|visits|total"}}, "Did you mean `guidance`?"),
        ({"matters_from": {"guidance": "county|visits|totl"}}, "There is no such forecast series"),
        ({"stafing": "x"}, "unknown key `stafing`. Did you mean `staffing`?"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_is_written(run: Any, changes: dict[str, Any], said: str) -> None:
    code, printed, folder = run(**changes)
    assert code in (2, 3)
    assert said in printed
    assert not folder.exists()


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_shipped_scenario_is_sound_and_named_as_its_file(path: Path) -> None:
    assert load_scenario(path).id == path.stem


def test_the_shipped_config_names_shipped_files() -> None:
    config = load_config("configs/planning.yaml", PlanningConfig)
    assert len(read_scenarios(config.scenarios)) == 4
    shift = load_scenario("configs/scenarios/channel_shift.yaml").channel_shift[0]
    assert isinstance(shift, ChannelShift)


def test_planning_files_are_kept_when_the_models_report_is_replaced(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "planning").mkdir(parents=True)
    new.mkdir()
    (old / "planning" / "a.json").write_text("{}")
    take_along(old, new)
    assert (new / "planning" / "a.json").read_text() == "{}"


def test_an_empty_plan_is_a_workbook_too(model: DemandModel) -> None:
    sheets = command.planning_sheets(command.Planned(base_of(model)), "sv")
    assert len(read_workbook(workbook(sheets))) == 2
