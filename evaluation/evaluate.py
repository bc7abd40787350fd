"""Publish what the newest version of each model is worth, computed again from its stored predictions.

`python -m evaluation.evaluate --config configs/evaluate.yaml` writes `var/published/<snapshot>/`: one report per model,
`summary.json`, and beside the folders `latest.json`.  A folder appears whole or not at all.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from configs.command import parse_config_path, run_command, say
from configs.errors import ModelError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.held_out.stored import BASELINE, CLASSES_FILE, PREDICTIONS_FILE, measure, measure_classes
from evaluation.published import published_folder, take_along
from evaluation.report.shap_report import REPORT_HTML, REPORT_JSON
from features.frames import read_frame
from models.registry import RegisteredBundle, Registry, connect

SAME = 1e-9  # a logged metric and the same one computed from the stored predictions
SHOWN = ("auroc", "macro_f1", "mase", "wape")
FORMAT = 1


class EvaluateConfig(StrictConfig):
    """configs/evaluate.yaml."""

    var: str
    models: tuple[str, ...] = ()


def recomputed(registry: Registry, version: RegisteredBundle) -> dict[str, float]:
    """The metrics of a version: those that its stored predictions give are computed anew and must agree with the log.

    Raises ModelError that names the first one that does not.
    """
    logged = registry.metrics(version.run_id)
    computed: dict[str, float] = {}
    if version.kind in ("need", "segmentation"):
        computed |= measure(read_frame(registry.artefact(version.run_id, PREDICTIONS_FILE)))
    if version.kind == "segmentation":
        computed |= measure_classes(read_frame(registry.artefact(version.run_id, CLASSES_FILE)))
    wrong = sorted(key for key, value in computed.items() if key in logged and abs(logged[key] - value) > SAME)
    if wrong:
        raise ModelError(
            f"{version.name} version {version.version}: the stored predictions do not give the logged {wrong[0]}. "
            "Train the model again."
        )
    return {**logged, **computed}


def publish(workspace: Workspace, registry: Registry, names: Sequence[str]) -> dict[str, Any]:
    """Write the published folder of the newest snapshot; returns summary.json's content."""
    versions = [_latest(registry, name) for name in names]
    newest = max(versions, key=lambda version: version.created).snapshot_sha256
    folder = published_folder(workspace, newest)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}.draft")
    draft.mkdir(parents=True)
    try:
        summary = {
            "format": FORMAT,
            "snapshot_sha256": newest,
            "models": [_model(registry, version, draft) for version in versions],
            "simulator": _simulator(workspace, registry),
        }
        _write_json(draft / "summary.json", summary)
        take_along(folder, draft)
        _replace(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _write_json(workspace.published / "latest.json", {"folder": folder.name, "snapshot_sha256": newest})
    return summary


def _latest(registry: Registry, name: str) -> RegisteredBundle:
    version = registry.latest(name)
    if version is None:
        raise ModelError(f"No version of {name} is registered. Train it first.")
    return version


def _model(registry: Registry, version: RegisteredBundle, folder: Path) -> dict[str, Any]:
    """One model's line in summary.json; its report is copied beside it."""
    stem = f"{version.name}_v{version.version}"
    report, verdict = None, None
    if _has(registry, version, REPORT_HTML):
        report = f"{stem}.html"
        shutil.copyfile(registry.artefact(version.run_id, REPORT_HTML), folder / report)
    if _has(registry, version, REPORT_JSON):
        shutil.copyfile(registry.artefact(version.run_id, REPORT_JSON), folder / f"{stem}.json")
        verdict = json.loads((folder / f"{stem}.json").read_text(encoding="utf-8")).get("verdict")
    return {
        "name": version.name,
        "version": version.version,
        "kind": version.kind,
        "run_id": version.run_id,
        "bundle_sha256": version.sha256,
        "snapshot_sha256": version.snapshot_sha256,
        "registered": version.created.isoformat(timespec="seconds"),
        "metrics": recomputed(registry, version),
        "report": report,
        "verdict": verdict,
    }


def _has(registry: Registry, version: RegisteredBundle, artefact: str) -> bool:
    return artefact in registry.artefact_names(version.run_id)


def _simulator(workspace: Workspace, registry: Registry) -> Mapping[str, Any] | None:
    """How the models fare against what only the simulator knows; None where there is no truth folder."""
    if not workspace.truth.is_dir():
        return None
    from evaluation.truth import simulator_chapter  # the only reader of the truth; a real county has none

    return simulator_chapter(workspace, registry)


def _write_json(file: Path, values: Mapping[str, Any]) -> None:
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text(json.dumps(values, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    draft.replace(file)


def _replace(draft: Path, folder: Path) -> None:
    """Put the new folder in the old one's place."""
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.rename(old)
    draft.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _figure(value: float | None) -> str:
    """A number as the other commands print it: a decimal point, a dash for none."""
    if value is None:
        return "–"
    return f"{value:.0f}" if value == int(value) and abs(value) > 1 else f"{value:.3f}"


def _say(summary: Mapping[str, Any], workspace: Workspace) -> None:
    say(f"{'model':<38}{'version':>8}  {'metric':<10}{'model':>8}{'baseline':>10}")
    for model in summary["models"]:
        for metric in (name for name in SHOWN if name in model["metrics"]):
            value, baseline = model["metrics"][metric], model["metrics"].get(f"{BASELINE}{metric}")
            figures = f"{_figure(value):>8}{_figure(baseline):>10}"
            say(f"{model['name']:<38}{model['version']:>8}  {metric:<10}{figures}")
        if model["verdict"]:
            say(f"  {model['verdict']['sentence']['en']}")
    for figure in (summary["simulator"] or {}).get("figures", ()):
        say(f"  simulator: {figure['name']['en']}: {_figure(figure['value'])} {figure['unit']}".rstrip())
    say(f"Published in {workspace.published.name}/{published_folder(workspace, summary['snapshot_sha256']).name}.")


def _run(path: str) -> None:
    config = load_config(path, EvaluateConfig)
    workspace = Workspace.of(config.var)
    registry = connect(workspace)
    names = config.models or registry.names()
    if not names:
        raise ModelError("No model is registered yet. Train one first: `python -m training.segmentation`.")
    _say(publish(workspace, registry, names), workspace)


def main(argv: Sequence[str] | None = None) -> int:
    """Evaluate and publish."""
    path = parse_config_path(
        argv, "evaluation.evaluate", "Publishes what each model is worth.", "configs/evaluate.yaml"
    )
    return run_command(lambda: _run(path))


if __name__ == "__main__":
    raise SystemExit(main())
