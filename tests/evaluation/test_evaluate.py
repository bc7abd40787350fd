"""Published figures are computed again from what the run stored, and appear whole or not at all."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from configs.errors import ModelError
from configs.loader import StrictConfig
from configs.workspace import Workspace
from evaluation import evaluate as command
from evaluation.evaluate import publish
from evaluation.metrics import auroc
from models.registry import Registry, connect
from training.tracking import tracked_run

SNAPSHOT = "c0ffee" + "0" * 58
NAME = "need_demo"


class Nothing(StrictConfig):
    """A training without settings."""


def predictions() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    p = rng.uniform(0.1, 0.9, 300)
    keys = {"row": range(300), "client": range(300), "as_of": pd.Timestamp("2024-01-01"), "output": "need"}
    return pd.DataFrame({**keys, "label": (rng.random(300) < p).astype(int), "p": p, "baseline_p": 0.5})


def train(workspace: Workspace, name: str, metrics: dict[str, float], kind: str = "need") -> Registry:
    """A run as training leaves it, registered without its bundle."""
    with tracked_run(workspace, name, kind, Nothing(), SNAPSHOT) as run:
        run.log_metrics(metrics)
        if kind == "need":
            run.log_frame("predictions.parquet", predictions())
            run.log_bytes("report.html", b"<!doctype html>")
            run.log_json("report.json", {"verdict": {"sentence": {"fi": "Hyvä.", "en": "Good."}}})
    run.registry.register(name, run.run_id, "0" * 64, run.tags)
    return run.registry


@pytest.fixture
def workspace(var: Path) -> Workspace:
    return Workspace(var)


def truth_module(monkeypatch: pytest.MonkeyPatch, chapter: dict[str, Any]) -> None:
    module = ModuleType("evaluation.truth")
    module.simulator_chapter = lambda workspace, registry: chapter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "evaluation.truth", module)


def test_the_published_figures_are_those_of_the_stored_predictions(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    train(workspace, NAME, {"additivity_max_error": 0.0})
    train(workspace, "demand_demo", {"mase": 0.8, "baseline_mase": 1.0}, kind="demand")
    assert command.main([]) == 0
    said = capsys.readouterr().out
    folder = workspace.published / "c0ffee000000"
    summary = json.loads((folder / "summary.json").read_text())
    demand, need = summary["models"]
    frame = predictions()
    assert need["metrics"]["auroc"] == pytest.approx(auroc(frame["label"].to_numpy(), frame["p"].to_numpy()))
    assert need["metrics"]["baseline_auroc"] == 0.5
    assert demand["metrics"] == {"mase": 0.8, "baseline_mase": 1.0}
    assert (need["report"], demand["report"]) == ("need_demo_v1.html", None)
    assert {file.name for file in folder.iterdir()} == {"summary.json", "need_demo_v1.html", "need_demo_v1.json"}
    assert json.loads((workspace.published / "latest.json").read_text())["folder"] == folder.name
    assert summary["simulator"] is None
    assert "0.800     1.000" in said
    assert "Good." in said

    truth_module(monkeypatch, {"figures": [{"name": {"en": "recall"}, "value": 0.5, "unit": "share"}]})
    assert command.main([]) == 0
    assert json.loads((folder / "summary.json").read_text())["simulator"] is None  # no truth folder: never asked
    workspace.truth.mkdir()
    assert command.main([]) == 0
    assert "simulator: recall: 0.500 share" in capsys.readouterr().out


def test_a_fault_leaves_the_old_folder_as_it_was(workspace: Workspace) -> None:
    registry = train(workspace, NAME, {})
    publish(workspace, registry, [NAME])
    before = (workspace.published / "c0ffee000000" / "summary.json").read_bytes()
    train(workspace, NAME, {"auroc": 0.99})
    with pytest.raises(ModelError, match="do not give the logged auroc"):
        publish(workspace, registry, [NAME])
    assert sorted(entry.name for entry in workspace.published.iterdir()) == ["c0ffee000000", "latest.json"]
    assert (workspace.published / "c0ffee000000" / "summary.json").read_bytes() == before


def test_nothing_registered_and_an_unknown_name_are_one_sentence(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([]) == 4
    assert "No model is registered yet" in capsys.readouterr().err
    with pytest.raises(ModelError, match="No version of need_other"):
        publish(workspace, connect(workspace), ["need_other"])
