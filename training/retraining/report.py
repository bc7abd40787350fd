"""The report of a retraining: what ran, what was trained from which data, what its gates said, and what is live now.

Written as JSON and Markdown into `var/retraining/`, one pair per retraining; every figure comes from the registry, the
ledger and the journal.
"""

import json
from collections.abc import Mapping
from typing import Any

from configs.errors import LuotainError
from configs.workspace import Workspace
from features.manifest import write_atomically
from models.registry import RegisteredBundle, connect
from training.promotion.ledger import open_ledger
from training.retraining.journal import FOLDER, Journal, snapshot_of

FORMAT = 1
FIGURES = ("auroc", "baseline_auroc", "mase", "baseline_mase")


def summary(workspace: Workspace, journal: Journal, code: int) -> dict[str, Any]:
    """Everything that the report says, as plain values."""
    registry = connect(workspace)
    ledger = open_ledger(workspace)
    models = []
    for name in registry.names():
        newest, live = registry.latest(name), ledger.live(name)
        if newest is not None:
            own = newest.created.isoformat() >= journal.begun
            figures = registry.metrics(newest.run_id)
            models.append(_model(newest, live.entry if live else None, figures, own))
    return {
        "format": FORMAT,
        "begun": journal.begun,
        "resumed": journal.resumed,
        "exit_code": code,
        "snapshot_sha256": snapshot_of(workspace),
        "steps": [vars(step) for step in journal.steps],
        "models": models,
    }


def _model(
    newest: RegisteredBundle, live: Mapping[str, Any] | None, figures: Mapping[str, float], own: bool
) -> dict[str, Any]:
    is_live = live is not None and str(live["version"]) == newest.version
    failed = [check["rule"] for check in live["checks"] if not check["passed"]] if is_live and live else []
    return {
        "name": newest.name,
        "version": newest.version,
        "bundle_sha256": newest.sha256,
        "snapshot_sha256": newest.snapshot_sha256,
        "trained_now": own,
        "live_version": None if live is None else str(live["version"]),
        "is_live": is_live,
        "on_conditions": failed,
        "metrics": {name: figures[name] for name in FIGURES if name in figures},
    }


def as_markdown(told: Mapping[str, Any]) -> str:
    """The same as a page."""
    lines = [
        f"# Retraining of {told['begun'][:16]} UTC",
        "",
        f"Exit code {told['exit_code']}, resumed {told['resumed']} times; registers {told['snapshot_sha256'][:12]}.",
        "",
        "| step | config | seconds | of processor time | exit code |",
        "|---|---|---|---|---|",
        *(_step(one) for one in told["steps"]),
        "",
        "| model | newest | bundle | trained now | live | figures |",
        "|---|---|---|---|---|---|",
        *(_line(one) for one in told["models"]),
    ]
    return "\n".join(lines) + "\n"


def _step(one: Mapping[str, Any]) -> str:
    seconds = f"{one['seconds']:.1f} | {one['processor_seconds']:.1f}"
    return f"| {one['step']} | {one['config']} | {seconds} | {one['code']} |"


def _line(one: Mapping[str, Any]) -> str:
    figures = ", ".join(f"{name} {value:.3f}" for name, value in one["metrics"].items())
    live = "none" if one["live_version"] is None else one["live_version"]
    live += f" (on conditions: {', '.join(one['on_conditions'])})" if one["on_conditions"] else ""
    now = "yes" if one["trained_now"] else "no"
    return f"| {one['name']} | {one['version']} | {one['bundle_sha256'][:12]} | {now} | {live} | {figures} |"


def write_report(workspace: Workspace, journal: Journal, code: int) -> str:
    """Write both files; the sentence to print.  A registry that cannot be read is told, never raised."""
    try:
        told = summary(workspace, journal, code)
    except LuotainError as error:
        return f"No report of the retraining was written: {error}"
    stem = journal.begun[:19].replace(":", "")
    folder = workspace.root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / f"{stem}.json", json.dumps(told, indent=1, allow_nan=False).encode())
    write_atomically(folder / f"{stem}.md", as_markdown(told).encode())
    return f"Report: {folder.parent.name}/{FOLDER}/{stem}.md"
