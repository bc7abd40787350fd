"""`python -m evaluation.quality --config configs/quality.yaml`: how good the registers are, as HTML and JSON.

Writes `quality.html` and `quality.json` into `var/published/<snapshot>/`, beside the models' reports.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from configs.command import parse_config_path, run_command, say
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
    folder = published_folder(workspace, snapshot.sha256)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / QUALITY_JSON, text.encode())
    write_atomically(folder / QUALITY_HTML, render(summary).encode())
    return folder, summary


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
    return "\n".join(lines)


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
