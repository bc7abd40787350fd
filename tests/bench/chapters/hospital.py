"""The real hospital log: the ward-stay tasks beside logistic regression, the simplest rule and earlier figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from configs.errors import ModelError
from configs.loader import load_config, read_yaml, var_folder
from configs.workspace import Workspace
from evaluation.held_out.stored import PREDICTIONS_FILE
from evaluation.metrics import auroc
from features.histories import load_history
from features.ingest.discover import data_folder
from features.store import open_snapshot
from models.names import need_model
from models.registry import Registry, connect
from tests.bench.counties import run
from tests.bench.paired import Pair, paired
from tests.bench.report import Figure, tell
from tests.bench.worlds.held_out_rows import Again, held_out_again
from training.need import NeedConfig

LOG = "hospital_log_2005_2008.parquet"
INGEST, HISTORIES, NEED = (f"configs/real/hospital_{step}.yaml" for step in ("ingest", "histories", "need"))
EARLIER: Mapping[str, float] = {"hospital_ward_90d": 0.905, "hospital_ward_90d_gap30": 0.871}
"""AUROC measured on this log before the project, by task."""
RULE = "days_since_ward"
"""The simplest rule: the shorter ago the last ward stay, the likelier the next."""


@dataclass(frozen=True)
class Measured:
    """One task: its hold-out, and the served model beside logistic regression and beside the rule."""

    rows: int
    events: int
    line: Pair
    rule: Pair


def figures() -> dict[str, Figure]:
    """Empty where the log is not found; nothing is made up."""
    file = data_folder() / LOG
    if not file.is_file():
        tell(f"hospital log: {LOG} was not found in {data_folder()} (LUOTAIN_DATA); its figures are left out")
        return {}
    found = measured()
    _table(found)
    return {name: figure for task, one in found.items() for name, figure in _figures(task, one).items()}


def measured() -> dict[str, Measured]:
    """Ingest, build, train both tasks under `var/bench/real`, and measure the registered models."""
    bench = Workspace(var_folder("var/bench"))
    workspace = Workspace(bench.root / "real")
    for step, config in (("features.ingest", INGEST), ("features.histories", HISTORIES)):
        tell(f"hospital log: {step}")
        run(bench, step, config)
    tell("hospital log: training.need")
    file = _written(workspace.root / "hospital_need.yaml")
    run(bench, "training.need", str(file))
    return {task: _measured(workspace, load_config(file, NeedConfig), task) for task in EARLIER}


def _written(file: Path) -> Path:
    """The shipped config with both tasks."""
    file.write_text(yaml.safe_dump({**read_yaml(NEED), "tasks": list(EARLIER)}), encoding="utf-8")
    return file


def _measured(workspace: Workspace, config: NeedConfig, task: str) -> Measured:
    registry = connect(workspace)
    version = registry.latest(need_model(task))
    if version is None:
        raise ModelError(f"No version of {need_model(task)} was registered by its training.")
    told = _predictions(registry, version.run_id)
    label, served, line = (told[column].to_numpy() for column in ("label", "p", "baseline_p"))
    data = open_snapshot(workspace.store), load_history(workspace, HISTORIES)
    again = held_out_again(workspace, registry, version, config, data, auroc(label, served))
    beside_rule = paired(again.label, again.served, _rule(again), again.clients)
    return Measured(len(label), int(label.sum()), paired(label, served, line, told["client"].to_numpy()), beside_rule)


def _predictions(registry: Registry, run_id: str) -> pd.DataFrame:
    return pd.read_parquet(registry.artefact(run_id, PREDICTIONS_FILE))


def _rule(again: Again) -> np.ndarray:
    """Minus the days since the last stay; never = longest ago."""
    days = again.whole[:, list(again.model.feature_names).index(RULE)].astype(np.float64)
    return -np.where(np.isnan(days), np.nanmax(days) + 1, days)


def _table(found: Mapping[str, Measured]) -> None:
    for task, one in found.items():
        print(f"{task}: {one.rows} hold-out rows, {one.events} with the outcome")
        print(f"  served {one.line.ours}, logistic regression {one.line.theirs}, difference {one.line.difference}")
        print(f"  rule `{RULE}` {one.rule.theirs}, served - rule {one.rule.difference}")
        print(f"  measured before this project {EARLIER[task]:.3f}")


def _figures(task: str, one: Measured) -> dict[str, Figure]:
    ours, gain = one.line.ours, one.line.difference
    return {
        f"{task}_auroc": Figure(ours.value, "AUROC"),
        f"{task}_auroc_low": Figure(ours.low, "AUROC"),
        f"{task}_auroc_high": Figure(ours.high, "AUROC"),
        f"{task}_contains_earlier": Figure(ours.contains(EARLIER[task]), "0 or 1", at_least=1),
        f"{task}_gain_over_line": Figure(gain.value, "AUROC"),
        f"{task}_gain_over_line_low": Figure(gain.low, "AUROC"),
        f"{task}_not_below_line": Figure(gain.not_below, "0 or 1", at_least=1),
        f"{task}_gain_over_rule_low": Figure(one.rule.difference.low, "AUROC"),
        f"{task}_above_rule": Figure(one.rule.difference.above, "0 or 1", at_least=1),
    }
