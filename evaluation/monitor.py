"""`python -m evaluation.monitor --config configs/monitor.yaml`: may the live models still be used as they are?

Writes `monitor.html` and `monitor.json` into `var/published/<snapshot>/`.  For a scheduler: 0 = quiet, 10 = alarm,
anything else = the command itself failed and nothing was published.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from configs.command import parse_config_path, run_command, say
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.monitoring.alarms import FORMAT, Alarm, disagreeing, drifted
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
SHOWN = 8
SHORT = {
    "fi": "Tiedot ulottuvat päivään {until}; uusin päivä {newest} tunnetaan vain osittain.",
    "sv": "Uppgifterna når till {until}; det nyaste datumet {newest} är bara delvis känt.",
    "en": "The registers reach {until}; the newest date {newest} is only partly known.",
}


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
    lines = [one | {"label": line_name(one["name"], history)} for one in drift(periods, limits, config.seed)]
    forecasts, missed = coverages(registry, workspace, config.forecasts, limits)
    units = agreement(stored_decisions(workspace, snapshot), limits.least_decisions)
    alarms = [*drifted(lines), *(why for one in models for why in one.alarms), *missed, *_disagreeing(units, limits)]
    return {
        "format": FORMAT,
        "snapshot_sha256": snapshot.sha256,
        "as_of": str(periods.dates[-1]),
        "reference": str(periods.dates[reference(periods.dates)]),
        "dates": [str(day) for day in periods.dates],
        "data_until": str(snapshot.data_until),
        "alarm": bool(alarms),
        "alarms": [one.as_dict() for one in alarms],
        "notes": _notes(config, snapshot.data_until, periods.dates[-1]),
        "features": lines,
        "models": [one.told for one in models],
        "forecasts": forecasts,
        "decisions": units,
        "reviews": reviewed(stored_reviews(workspace)),
        "thresholds": limits.model_dump(mode="json"),
    }


def _notes(config: MonitorConfig, until: date, newest: date) -> list[dict[str, str]]:
    short = {code: text.format(until=until, newest=newest) for code, text in SHORT.items()}
    return [short] if config.dates.last > until + timedelta(days=1) else []


def _disagreeing(units: Sequence[Mapping[str, Any]], limits: Thresholds) -> list[Alarm]:
    low, high = limits.agreement
    off = [one for one in units if one["agreement"] is not None and not low <= one["agreement"] <= high]
    return [disagreeing(one["unit"], one["agreement"], limits.agreement) for one in off]


def told(summary: Mapping[str, Any]) -> str:
    """What the command prints."""
    lines = [
        f"{'alarm' if summary['alarm'] else 'quiet'} on {summary['as_of']}, {len(summary['features'])} lines tested"
    ]
    lines += [f"  {alarm['text']['en']}" for alarm in summary["alarms"][:SHOWN]]
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
