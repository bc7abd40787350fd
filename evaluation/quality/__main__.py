"""`python -m evaluation.quality --config configs/quality.yaml`: how good the registers are, as HTML and JSON.

Writes `quality.html` and `quality.json` into `var/published/<snapshot>/`, beside the models' reports.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.errors import DataError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.published import QUALITY_HTML, QUALITY_JSON, published_folder
from evaluation.quality.counting import count_store
from evaluation.quality.page import render
from evaluation.quality.summary import Limits, Material, summarise
from features.catalogue import load_catalogue
from features.catalogue.vocabulary import Vocabulary
from features.history_files import newest_meta
from features.manifest import write_atomically
from features.side_files import SIDE_FILES, SideFile, read_side_file
from features.source_catalogue import load_source_catalogue
from features.store import open_snapshot

PRINTED = 5
DEFAULT = "configs/quality.yaml"


class QualityConfig(StrictConfig):
    """configs/quality.yaml."""

    var: str
    sources: str
    """The source catalogue: who owns each register, how soon it records, where its practice broke."""
    catalogue: str
    """The feature catalogue: which families need how complete a field."""
    worst: int = Field(default=40, ge=1)
    smallest_rows: int = Field(default=50, ge=5)


def make(config: QualityConfig) -> tuple[Path, dict[str, Any]]:
    """Count, summarise and write; the folder and the summary."""
    workspace = Workspace.of(config.var)
    snapshot = open_snapshot(workspace.store)
    sources, catalogue = load_source_catalogue(config.sources), load_catalogue(config.catalogue)
    meta = newest_meta(workspace.histories, snapshot.sha256, catalogue.sha256)
    material = Material(
        snapshot_sha256=snapshot.sha256,
        data_until=snapshot.data_until,
        counts=count_store(snapshot, sources.sources),
        batches=snapshot.batches,
        sources=sources,
        catalogue=catalogue,
        vocabulary=Vocabulary.from_json(meta["vocabulary"]) if meta else None,
    )
    summary = summarise(material, Limits(config.worst, config.smallest_rows))
    summary["service_files"] = [service_file(workspace, declared) for declared in SIDE_FILES]
    folder = published_folder(workspace, snapshot.sha256)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / QUALITY_JSON, text.encode())
    write_atomically(folder / QUALITY_HTML, render(summary).encode())
    return folder, summary


def service_file(workspace: Workspace, declared: SideFile) -> dict[str, Any]:
    """What was delivered of one side file of the service; a refused file says why."""
    line: dict[str, Any] = {"file": declared.file, "rows": None, "left_out": {}, "covers_until": None, "refused": None}
    try:
        found = read_side_file(workspace, declared)
    except DataError as error:
        return {**line, "refused": str(error)}
    if found.covers_until is None:
        return line
    return {**line, "rows": found.delivered, "left_out": dict(found.left_out), "covers_until": str(found.covers_until)}


def told(summary: Mapping[str, Any]) -> str:
    """What the command prints: the worst unit–field pairs and the changes that nobody declared."""
    lines = [f"  {'emptiest unit and field':<64}{'rows':>10}{'complete':>10}"]
    for line in summary["worst"][:PRINTED]:
        place = f"{line['source']} {line['unit']} {line['table']}.{line['field']}"
        lines.append(f"  {place:<64}{line['rows']:>10,}{line['completeness']:>10.1%}")
    undeclared = [change for change in summary["changes"] if change["declared"] is None]
    declared = len(summary["changes"]) - len(undeclared)
    lines.append(f"  changes of practice: {declared} as declared, {len(undeclared)} that no source break declares")
    for change in undeclared[:PRINTED]:
        what = f"{change['field']} {change['what']}".strip()
        figures = f"{change['before']:.3g} to {change['after']:.3g}"
        lines.append(f"    {change['source']} {change['table']}: {what} in {change['month']}: {figures}")
    off = [line["family"] for line in summary["families"]["lines"] if line["off"]]
    lines.append(f"  feature families switched off: {', '.join(off) or 'none'}")
    for one in summary["service_files"]:
        if one["refused"] or one["left_out"]:
            lines.append(f"  {one['refused'] or _left_out(one)}")
    return "\n".join(lines)


def _left_out(one: Mapping[str, Any]) -> str:
    wrong = "; ".join(f"{reason}: {count}" for reason, count in one["left_out"].items())
    return f"{one['file']}: {sum(one['left_out'].values())} of {one['rows']} rows were left out ({wrong})"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the data-quality report."""
    path = parse_config_path(argv, "evaluation.quality", "Writes the data-quality report.", DEFAULT)

    def action() -> None:
        folder, summary = make(load_config(path, QualityConfig))
        say(told(summary))
        say(f"Published in {folder.parent.name}/{folder.name}/{QUALITY_HTML}.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
