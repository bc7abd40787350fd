"""`python -m evaluation.indicators --config configs/indicators.yaml`: the plans' indicators of the store.

Writes `indicators.json`, `indicators.csv`, `indicators.parquet` and `indicators.html` into `var/published/<snapshot>/`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from configs.command import parse_config_path, run_command, say
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.areas.settings import AreasConfig
from evaluation.indicators.compute import compute
from evaluation.indicators.settings import IndicatorsConfig
from evaluation.indicators.telling.page import render
from evaluation.indicators.telling.report import as_csv, as_parquet, report_of
from evaluation.published import INDICATORS_CSV, INDICATORS_HTML, INDICATORS_JSON, INDICATORS_PARQUET, published_folder
from features.manifest import write_atomically
from features.store import Snapshot, open_snapshot

DEFAULT = "configs/indicators.yaml"


def made(snapshot: Snapshot, config: IndicatorsConfig) -> dict[str, Any]:
    """The report of one snapshot.  Raises ConfigError, DataError."""
    areas = load_config(config.areas, AreasConfig)
    found = compute(snapshot, config, areas.area_of)
    names = {area: name.as_text() for area, name in areas.names.items()}
    stamp = {"snapshot_sha256": snapshot.sha256, "data_until": snapshot.data_until.isoformat()}
    return report_of(found, config, names, stamp)


def publish(config: IndicatorsConfig) -> tuple[Path, dict[str, Any]]:
    """Compute and write; the folder and the report."""
    workspace = Workspace.of(config.var)
    snapshot = open_snapshot(workspace.store)
    report = made(snapshot, config)
    folder = published_folder(workspace, snapshot.sha256)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / INDICATORS_CSV, as_csv(report).encode())
    write_atomically(folder / INDICATORS_PARQUET, as_parquet(report))
    write_atomically(folder / INDICATORS_HTML, render(report).encode())
    write_atomically(folder / INDICATORS_JSON, text.encode())
    return folder, report


def told(indicator: dict[str, Any]) -> str:
    """One indicator as a line of the terminal."""
    latest = indicator["latest"]
    if latest is None or latest["value"] is None:
        why = indicator["reads"] if indicator["readiness"] != "computable" else latest["why"]
        return f"{indicator['id']:<42} {indicator['readiness']:<11} {why}"
    interval = "" if latest["low"] is None else f" ({latest['low']:.3f}–{latest['high']:.3f})"
    return f"{indicator['id']:<42} {latest['period']:<8} {latest['value']:.3f}{interval} n={latest['n']}"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the indicators."""
    path = parse_config_path(argv, "evaluation.indicators", "Writes the indicators of the county plans.", DEFAULT)

    def action() -> None:
        folder, report = publish(load_config(path, IndicatorsConfig))
        for indicator in report["indicators"]:
            if indicator["readiness"] != "setting":
                say(told(indicator))
        states = [one["readiness"] for one in report["indicators"]]
        kinds = ("computable", "published", "needs", "setting")
        say(", ".join(f"{states.count(kind)} {kind}" for kind in kinds) + f" of {len(states)} definitions.")
        say(f"Published in {folder.parent.name}/{folder.name}/{INDICATORS_JSON}.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
