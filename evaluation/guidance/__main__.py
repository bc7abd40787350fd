"""`python -m evaluation.guidance --config configs/guidance.yaml`: what guidance led to, in groups.

Writes `guidance.html`, `.json` and `.csv` into `var/published/<snapshot>/`.  The first run stores the figures as the
baseline of the config's name; later runs are held against it.
"""

import csv
import io
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pandas as pd

from configs.command import parse_config_path, run_command, say
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.guidance.baseline import store, stored
from evaluation.guidance.counting import Wanted, count
from evaluation.guidance.followed.intensity import intensities, intensity_lines
from evaluation.guidance.page import render
from evaluation.guidance.report import Line, report_of
from evaluation.guidance.settings import GuidanceConfig
from evaluation.published import GUIDANCE_CSV, GUIDANCE_HTML, GUIDANCE_JSON, published_folder
from features.manifest import write_atomically
from features.store import open_snapshot
from models.segments.routing import RoutingTable
from models.segments.scheme import Scheme, load_scheme

DEFAULT = "configs/guidance.yaml"


def make(config: GuidanceConfig) -> tuple[Path, Line]:
    """Count, hide, compare and publish; the folder and the report."""
    workspace = Workspace.of(config.var)
    snapshot, scheme = open_snapshot(workspace.store), load_scheme(config.scheme)
    routing = load_config(config.routing, RoutingTable)
    until = pd.Timestamp(snapshot.data_until + timedelta(days=1))
    wanted = Wanted(until, config, routing, scheme.id)
    counted = count(snapshot, wanted)
    before = stored(workspace.published, config.baseline)
    stamp = {"snapshot_sha256": snapshot.sha256, "data_until": snapshot.data_until.isoformat()}
    by_intensity = {"intensities": intensity_lines(counted.cases, intensities(scheme))}
    report = {**report_of(counted, wanted, before), **by_intensity, **stamp, "names": _names(config, routing, scheme)}
    folder = published_folder(workspace, snapshot.sha256)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    for name, content in ((GUIDANCE_JSON, text), (GUIDANCE_CSV, as_csv(report)), (GUIDANCE_HTML, render(report))):
        write_atomically(folder / name, content.encode())
    store(workspace.published, config.baseline, {**stamp, "figures": report["figures"]})
    return folder, report


def _names(config: GuidanceConfig, routing: RoutingTable, scheme: Scheme) -> Line:
    return {
        "segments": {one.id: one.name.as_text() for one in scheme.segments},
        "targets": {target: name.as_text() for target, name in routing.targets.items()},
        "classes": {one.id: one.name.as_text() for one in config.classes},
        "replacing": {one: name.as_text() for one, name in config.light_clients.names.items()},
        "effect": config.effect.name.as_text() if config.effect else None,
    }


def as_csv(report: Line) -> str:
    """Every shown count in one flat table: table, first, second, third, n; an empty n is hidden."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(("table", "first", "second", "third", "n"))
    for line in report["guided"]:
        writer.writerow(("guided", line["segment"], line["recommended"], line["started"], line["n"]))
    for line in report["moves"]:
        writer.writerow(("moves", line["before"], line["after"], "", line["n"]))
    for line in report["light"]:
        writer.writerow(("light_clients", line["id"], "", "", line["hits"]))
    for line in report["frequent"]:
        writer.writerow(("frequent_users", line["trait"], line["group"], "", line["n"]))
    for line in report["providers"]["both"]:
        writer.writerow(("providers", line["provider"], line["segment"], "", line["n"]))
    for line in report["intensities"]:
        writer.writerow(("intensities", line["intensity"], "", "", line["n"]))
    for group, n in report["around_plan"]["clients"].items():
        writer.writerow(("around_plan", group, "", "", n))
    return "\ufeff" + text.getvalue()


def main(argv: Sequence[str] | None = None) -> int:
    """Write the report of guidance."""
    path = parse_config_path(argv, "evaluation.guidance", "What guidance led to, in groups.", DEFAULT)

    def action() -> None:
        folder, report = make(load_config(path, GuidanceConfig))
        for name, one in report["figures"].items():
            say(f"{name:<30} {_shown(one)}")
        if report["since_baseline"] is None:
            say("These figures are the baseline from now on.")
        for row in (report["since_baseline"] or {}).get("rows", ()):
            say(f"since {report['since_baseline']['data_until']}: {row['id']:<30} {_change(row)}")
        say(f"Published in {folder.parent.name}/{folder.name}/{GUIDANCE_HTML}.")

    return run_command(action)


def _shown(one: Line) -> str:
    if one["share"] is None:
        return "hidden or nobody"
    return f"{one['share']:.1%} ({one['low']:.1%} .. {one['high']:.1%}) of {one['of']}"


def _change(row: Line) -> str:
    return "no figure" if row["change"] is None else f"{row['change']:+.1%} ({row['low']:+.1%} .. {row['high']:+.1%})"


if __name__ == "__main__":
    raise SystemExit(main())
