"""`python -m evaluation.planning --config configs/planning.yaml`: a registered forecast, planned with.

Prints a table; writes `<model>.json` and, per language, `<model>_<language>.xlsx` and one CSV per sheet into
`var/published/<snapshot>/planning/`.  `--template FILE.xlsx` writes the empty scenario workbook instead,
`--overrides-template FILE.xlsx` the forecast as a sheet to override, and nothing else.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from configs.command import run_command, say
from configs.errors import ConfigError
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.demand_reports import overrides as kept
from evaluation.planning.read import (
    Basis,
    Forecast,
    overrides_of,
    read_basis,
    read_forecast,
    read_scenarios,
)
from evaluation.planning.report import Skipped, report, widest
from evaluation.planning.settings import PlanningConfig
from evaluation.planning.told import told
from evaluation.published import PLANNING, published_folder
from features.manifest import write_atomically
from models.exchange import csv_text, workbook
from models.planning.ages import Ages
from models.planning.base import AREA, Base, base_of
from models.planning.channels.config import ChannelsConfig
from models.planning.channels.plan import ChannelPlan, plan, with_matters
from models.planning.overrides import Override, apply_overrides
from models.planning.rerun import rerun_of
from models.planning.scenarios.applied import ScenarioResult, apply
from models.planning.scenarios.config import Scenario
from models.planning.scenarios.ground import Rerun
from models.planning.sheets.out import Planned, planning_sheets
from models.planning.sheets.overrides_in import overrides_template
from models.planning.sheets.scenarios_in import scenario_template
from models.planning.staffing.config import StaffingConfig
from models.planning.staffing.plan import staff
from models.planning.thl_need import NeedChange
from models.registry import connect
from models.texts import Text

DEFAULT = "configs/planning.yaml"
MODEL: Text = {"fi": "Malli", "sv": "Modell", "en": "Model"}
VERSION: Text = {"fi": "Versio", "sv": "Version", "en": "Version"}
UNTIL: Text = {"fi": "Tiedot asti", "sv": "Uppgifter till", "en": "Data until"}
BUNDLE: Text = {"fi": "Mallin tarkiste", "sv": "Modellens kontrollsumma", "en": "Bundle"}


@dataclass(frozen=True)
class Made:
    """What was planned, and where its files lie."""

    report: dict[str, Any]
    planned: Planned
    folder: Path


def make(config: PlanningConfig) -> Made:
    """Plan with the newest registered forecast and write the files."""
    workspace = Workspace.of(config.var)
    forecast = read_forecast(workspace, connect(workspace), config.model)
    original = base = base_of(forecast.model)
    overridden = apply_overrides(base, given) if (given := overrides_of(config, base)) else None
    if overridden is not None:
        base = base.with_forecast(overridden.table)
    basis = read_basis(config, workspace, base.dimensions.get(AREA, ()))
    results, skipped = _results(config, base, basis, rerun_of(forecast.model))
    staffing = load_config(config.staffing, StaffingConfig) if config.staffing else None
    people = staff(base, staffing) if staffing else None
    by_scenario = {one.id: staff(base, staffing, one.table) for one in results} if staffing else {}
    channels = _channels(config, base)
    stamp = _stamp(forecast)
    planned = Planned(
        base=base,
        results=results,
        staffing=(staffing, people) if staffing and people else None,
        channels=channels,
        by_scenario=by_scenario,
        overridden=overridden,
        about=(
            (MODEL, stamp["name"]),
            (VERSION, stamp["version"]),
            (UNTIL, stamp["data_until"]),
            (BUNDLE, stamp["bundle"]),
        ),
        said=(forecast.model.config.notice.as_text(), *basis.said),
        area_names={one.area: one.area_name for one in forecast.model.series()},
    )
    needs = {one.id: found for one in results if (found := _need(one.scenario, basis)) is not None}
    planned_channels = channels[1] if channels else None
    made = report(base, stamp, results, needs, people, by_scenario, planned_channels, skipped, basis.said)
    folder = published_folder(workspace, forecast.version.snapshot_sha256) / PLANNING
    _write(folder, config, made, planned)
    if given:
        _keep(workspace, config.model, original, given)
    return Made(made, planned, folder)


def _keep(workspace: Workspace, model: str, base: Base, given: Sequence[Override]) -> None:
    """The overrides beside what they changed, so that `evaluation.demand_reports` can say later whether they helped."""
    told = base.forecast[["series_id", "ds", "value"]].itertuples(index=False)
    originals = {(str(name), pd.Timestamp(ds)): float(value) for name, ds, value in told}
    kept.keep(workspace.published / kept.FORECASTS / model, given, originals)


def _results(
    config: PlanningConfig, base: Base, basis: Basis, rerun: Rerun | None
) -> tuple[tuple[ScenarioResult, ...], list[Skipped]]:
    """Each scenario by itself: one that does not fit this forecast is left out with its sentence."""
    found, skipped = [], []
    for one in read_scenarios(config.scenarios):
        try:
            found.append(apply(one, base, basis.structure(one), rerun, capacity=config.capacity))
        except ConfigError as error:
            skipped.append(Skipped(one.id, str(error)))
    return tuple(found), skipped


def _need(scenario: Scenario, basis: Basis) -> NeedChange | None:
    """What the THL model says of the scenario's last year, when it changes the population of the whole county."""
    files = basis.files
    if basis.need is None or files is None or scenario.sector == "none" or not scenario.population:
        return None
    if any(one.areas or not one.growth for one in scenario.population):
        return None
    growth = np.zeros((2, 106))
    for one in scenario.population:
        growth += one.growth[max(one.growth)].value * Ages.of(one.ages).mask
    return basis.need.moved(scenario.sector, files.area, files.year, growth)


def _channels(config: PlanningConfig, base: Base) -> tuple[ChannelsConfig, ChannelPlan] | None:
    if config.channels is None:
        return None
    channels = load_config(config.channels, ChannelsConfig)
    matters = {
        group: float(base.forecast.loc[base.forecast["series_id"] == base.one(series).series_id, "value"].mean())
        for group, series in config.matters_from.items()
    }
    told_by = with_matters(channels, matters, f"forecast {config.model}, mean of a period")
    return told_by, plan(told_by)


def _stamp(forecast: Forecast) -> dict[str, str]:
    version = forecast.version
    until = version.tags.get("data_until", "")
    return {"name": version.name, "version": version.version, "bundle": version.sha256, "data_until": until}


def _write(folder: Path, config: PlanningConfig, made: dict[str, Any], planned: Planned) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(made, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    for language in config.languages:
        sheets = planning_sheets(planned, language)
        write_atomically(folder / f"{config.model}_{language}.xlsx", workbook(sheets))
        for sheet in sheets:
            name = f"{config.model}_{language}_{sheet.key}.csv"
            write_atomically(folder / name, csv_text(sheet).encode("utf-8-sig"))
    write_atomically(folder / f"{config.model}.json", text.encode())


def _overrides_template(config: PlanningConfig) -> bytes:
    workspace = Workspace.of(config.var)
    base = base_of(read_forecast(workspace, connect(workspace), config.model).model)
    return workbook([overrides_template(base)])


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.planning", description="Plans with a demand forecast.")
    parser.add_argument("--config", default=DEFAULT, help=f"YAML file (default: {DEFAULT})")
    parser.add_argument("--template", metavar="FILE.xlsx", help="write the empty scenario workbook and stop")
    parser.add_argument("--overrides-template", metavar="FILE.xlsx", help="write the forecast to override and stop")
    options = parser.parse_args(argv)

    def action() -> None:
        if options.template:
            _template(Path(options.template), workbook(scenario_template()))
        elif options.overrides_template:
            _template(
                Path(options.overrides_template), _overrides_template(load_config(options.config, PlanningConfig))
            )
        else:
            made = make(load_config(options.config, PlanningConfig))
            say(told(made.report, widest(made.planned.base)))
            say(f"Published in {made.folder.parent.parent.name}/{made.folder.parent.name}/{made.folder.name}.")

    return run_command(action)


def _template(file: Path, content: bytes) -> None:
    if file.suffix != ".xlsx":
        raise ConfigError(f"{file.name} does not end in .xlsx. Write e.g. `--template scenario.xlsx`.")
    if file.exists():
        raise ConfigError(f"{file.name} exists already. Give another name, so that nothing filled in is lost.")
    write_atomically(file, content)
    say(f"{file.name}: fill it in, and name it under `scenarios` or `overrides` in the config.")


if __name__ == "__main__":
    raise SystemExit(main())
