"""`python -m evaluation.monitor --config configs/monitor.yaml`: may the live models still be used as they are?

Writes `monitor.html` and `monitor.json` into `var/published/<snapshot>/`.  For a scheduler: 0 = quiet, 10 = alarm,
anything else = the command itself failed and nothing was published.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from configs.command import parse_config_path, run_command, say
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.monitoring.asked import live_models
from evaluation.monitoring.decided import agreement, reviewed, stored_decisions, stored_reviews
from evaluation.monitoring.demand import coverages
from evaluation.monitoring.exit_codes import ALARM, QUIET
from evaluation.monitoring.features import SCORE, drift, municipality_columns, periods_of, reference
from evaluation.monitoring.names import line_name
from evaluation.monitoring.page import render
from evaluation.monitoring.sample import built_history, sampled_history
from evaluation.monitoring.scored import scored
from evaluation.monitoring.settings import MonitorConfig, Thresholds
from evaluation.published import MONITOR_HTML, MONITOR_JSON, published_folder
from features.manifest import write_atomically
from features.store import open_snapshot, read_table
from models.registry import connect

DEFAULT = "configs/monitor.yaml"
FORMAT = 1
SHOWN = 8


def make(config: MonitorConfig) -> tuple[Path, dict[str, Any]]:
    """Measure and publish; the folder and the summary.  Raises ConfigError, DataError or ModelError."""
    workspace = Workspace.of(config.var)
    summary = summarise(config, workspace)
    folder = published_folder(workspace, summary["snapshot_sha256"])
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    page = render(summary)
    write_atomically(folder / MONITOR_HTML, page.encode())
    write_atomically(folder / MONITOR_JSON, text.encode())
    return folder, summary


def summarise(config: MonitorConfig, workspace: Workspace) -> dict[str, Any]:
    """Everything that is told, ready for JSON."""
    snapshot, registry, limits = open_snapshot(workspace.store), connect(workspace), config.thresholds
    history = sampled_history(config, workspace, snapshot)
    everyone = built_history(config, workspace) or history
    models = [
        one
        for name, model in live_models(registry, workspace, config.models)
        for one in scored(snapshot, history, everyone, name, model, limits)
    ]
    columns = {name: history.frame[name].to_numpy(np.float64) for name in history.frame.columns}
    columns |= municipality_columns(history.rows, read_table(snapshot, "residents"))
    periods = periods_of(history.rows, columns | {SCORE + one.name: one.p for one in models})
    lines, alarms = drift(periods, limits, config.seed)
    forecasts, missed = coverages(registry, workspace, config.forecasts, limits)
    units = agreement(stored_decisions(workspace, snapshot), limits.least_decisions)
    alarms += [*(why for one in models for why in one.alarms), *missed, *_disagreeing(units, limits)]
    return {
        "format": FORMAT,
        "snapshot_sha256": snapshot.sha256,
        "as_of": str(periods.dates[-1]),
        "reference": str(periods.dates[reference(periods.dates)]),
        "dates": [str(day) for day in periods.dates],
        "data_until": str(snapshot.data_until),
        "alarm": bool(alarms),
        "alarms": alarms,
        "notes": _notes(config, snapshot.data_until.isoformat(), periods.dates[-1].isoformat()),
        "features": [line | {"label": line_name(line["name"], history)} for line in lines],
        "models": [one.told for one in models],
        "forecasts": forecasts,
        "decisions": units,
        "reviews": reviewed(stored_reviews(workspace)),
        "thresholds": limits.model_dump(mode="json"),
    }


def _notes(config: MonitorConfig, until: str, newest: str) -> list[str]:
    short = f"The registers reach {until}; the newest date {newest} is only partly known."
    return [short] if config.dates.last.toordinal() > _ordinal(until) + 1 else []


def _ordinal(day: str) -> int:
    return int(np.datetime64(day, "D").item().toordinal())


def _disagreeing(units: Sequence[Mapping[str, Any]], limits: Thresholds) -> list[str]:
    low, high = limits.agreement
    off = [one for one in units if one["agreement"] is not None and not low <= one["agreement"] <= high]
    return [f"decisions of {one['unit']}: agreement {one['agreement']:.2f} is outside {low}–{high}" for one in off]


def told(summary: Mapping[str, Any]) -> str:
    """What the command prints."""
    lines = [
        f"{'alarm' if summary['alarm'] else 'quiet'} on {summary['as_of']}, {len(summary['features'])} lines tested"
    ]
    lines += [f"  {alarm}" for alarm in summary["alarms"][:SHOWN]]
    more = len(summary["alarms"]) - SHOWN
    return "\n".join([*lines, *([f"  and {more} more"] if more > 0 else [])])


def main(argv: Sequence[str] | None = None) -> int:
    """Monitor the live models; 0 = quiet, 10 = alarm."""
    path = parse_config_path(
        argv, "evaluation.monitor", "Drift, performance and oversight; exit code 10 = alarm.", DEFAULT
    )
    found: list[bool] = []

    def action() -> None:
        folder, summary = make(load_config(path, MonitorConfig))
        found.append(bool(summary["alarm"]))
        say(told(summary))
        say(f"Published in {folder.parent.name}/{folder.name}/{MONITOR_HTML}.")

    code = run_command(action)
    return code if code else ALARM if found[0] else QUIET


if __name__ == "__main__":
    raise SystemExit(main())
