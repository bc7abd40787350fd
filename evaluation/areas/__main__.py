"""`python -m evaluation.areas --config configs/areas.yaml`: how many people of each area will need a service.

Writes `areas.html`, `areas.json` and `areas.csv` into `var/published/<snapshot>/`, beside the models' reports.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from configs.command import parse_config_path, run_command, say
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.areas.compared import against_demand
from evaluation.areas.counted.counting import count, newcomers_problem
from evaluation.areas.counted.known import calibration_error, load_need, stored_predictions
from evaluation.areas.counted.turnover import Turnover, turnover
from evaluation.areas.holdout import coverage
from evaluation.areas.page import render
from evaluation.areas.report import as_csv, task_report, turnover_report
from evaluation.areas.settings import AreasConfig
from evaluation.areas.told import told
from evaluation.published import AREAS_CSV, AREAS_HTML, AREAS_JSON, published_folder
from features.catalogue import load_catalogue
from features.histories import HistoriesConfig
from features.manifest import write_atomically
from features.store import Snapshot, open_snapshot, read_table
from models.names import need_model
from models.needs.need import NeedTask, load_task
from models.registry import RegisteredBundle, Registry, connect

DEFAULT = "configs/areas.yaml"
EPISODE = ("client_id", "start", "end", "kind", "superseded_at")


class Skipped(Exception):
    """Why a task has no figure: the report goes on without it."""

    def __init__(self, fi: str, en: str) -> None:
        super().__init__(en)
        self.why = {"fi": fi, "en": en}


def make(config: AreasConfig) -> tuple[Path, dict[str, Any]]:
    """Count every task, write the three files; the folder and the report."""
    workspace = Workspace.of(config.var)
    snapshot, registry = open_snapshot(workspace.store), connect(workspace)
    tasks, skipped = [], []
    for path in config.tasks:
        task = load_task(path)
        try:
            tasks.append(_task(config, workspace, snapshot, registry, task))
        except Skipped as why:
            skipped.append({"id": task.id, "name": task.name.as_text(), "why": why.why})
    report = {
        "snapshot_sha256": snapshot.sha256,
        "as_of": _as_of(snapshot).date().isoformat(),
        "names": {area: name.as_text() for area, name in config.names.items()} | {"county": config.county.as_text()},
        "turnover": turnover_report(_turnover(snapshot, config.turnover.kind), config.turnover),
        "tasks": tasks,
        "skipped": skipped,
    }
    return _written(published_folder(workspace, snapshot.sha256), report), report


def _task(
    config: AreasConfig, workspace: Workspace, snapshot: Snapshot, registry: Registry, asked: NeedTask
) -> dict[str, Any]:
    version = _version(registry, asked)
    model = load_need(workspace, registry, version)
    problem = newcomers_problem(model.task)
    if problem is not None:
        raise Skipped(problem["fi"], problem["en"])
    histories = load_config(config.histories, HistoriesConfig)
    catalogue = load_catalogue(histories.catalogue)
    counted = count(snapshot, model, histories.rules, catalogue, config.area_of, config.newcomers)
    if counted.cells.empty:
        raise Skipped(
            "Yhtään kokonaista aiempaa jaksoa ei ole, joten uusia asiakkaita ei voi ennustaa.",
            "No whole past window is in the data, so new clients cannot be forecast.",
        )
    predictions = stored_predictions(registry, version, model.task.id)
    error = calibration_error(predictions)
    found = task_report(model.task, counted, tuple(config.names), config.newcomers, error, _as_of(snapshot))
    checked = coverage(predictions, config.area_of, error)
    gap = against_demand(workspace, registry, config.demand, model.task, found)
    return {**found, "model": version.name, "version": version.version, "holdout": checked, "demand": gap}


def _version(registry: Registry, task: NeedTask) -> RegisteredBundle:
    version = registry.latest(need_model(task.id))
    if task.report_only:
        raise Skipped("Tehtävästä tehdään vain ryhmäraportti.", "This task is a report of groups only.")
    if version is None:
        raise Skipped(
            "Tehtävälle ei ole rekisteröityä mallia.", f"No model {need_model(task.id)} is registered: train it first."
        )
    return version


def _turnover(snapshot: Snapshot, kind: str) -> Turnover:
    found = Turnover(0, 0)
    day = np.datetime64(_as_of(snapshot))
    for bucket in range(snapshot.n_buckets):
        episodes = read_table(snapshot, "episodes", bucket, EPISODE)
        found += turnover(episodes[(episodes["kind"] == kind) & episodes["superseded_at"].isna()], day)
    return found


def _as_of(snapshot: Snapshot) -> pd.Timestamp:
    """The midnight after the last full day of data."""
    return pd.Timestamp(snapshot.data_until + timedelta(days=1))


def _written(folder: Path, report: Mapping[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / AREAS_JSON, text.encode())
    write_atomically(folder / AREAS_CSV, as_csv(report).encode())
    write_atomically(folder / AREAS_HTML, render(report).encode())
    return folder


def main(argv: Sequence[str] | None = None) -> int:
    """Write the report of the areas."""
    path = parse_config_path(
        argv, "evaluation.areas", "Writes how many people of each area will need a service.", DEFAULT
    )

    def action() -> None:
        folder, report = make(load_config(path, AreasConfig))
        say(told(report))
        say(f"Published in {folder.parent.name}/{folder.name}/{AREAS_HTML}.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
