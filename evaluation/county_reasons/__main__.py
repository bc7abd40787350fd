"""`python -m evaluation.county_reasons --config configs/county_reasons.yaml`: why the county's clients are in need.

Explains every client of the newest date of the history with the live models, one part of the history in memory at a
time, and publishes means of groups: `county_reasons.html`, `.json` and `.csv` in `var/published/<snapshot>/`.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from configs.command import parse_config_path, run_command, say
from configs.errors import DataError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.county_reasons.asked import Asked, asked_models, check_features
from evaluation.county_reasons.groups import Group, GroupSums, groups_of, municipality_of
from evaluation.county_reasons.page import render
from evaluation.county_reasons.summary import Counted, csv_rows, summarise
from evaluation.published import REASONS_CSV, REASONS_HTML, REASONS_JSON, published_folder
from evaluation.report.explanation import by_family
from features.frames import read_frame
from features.histories import find_history
from features.manifest import write_atomically
from features.store import Snapshot, open_snapshot, read_table
from models.registry import connect

DEFAULT = "configs/county_reasons.yaml"
RESIDENTS = ["client_id", "municipality", "valid_from", "recorded_at", "superseded_at"]
SAID = 3


class CountyReasonsConfig(StrictConfig):
    """configs/county_reasons.yaml."""

    var: str
    histories: str
    """Whose clients: the newest date of the history built from this config."""
    models: tuple[str, ...] = ()
    """Registered names; empty = every live segmentation and need model."""


def make(config: CountyReasonsConfig) -> tuple[Path, dict[str, Any]]:
    """Explain, add up and write; the folder and the summary."""
    workspace = Workspace.of(config.var)
    snapshot, history = open_snapshot(workspace.store), find_history(workspace, config.histories)
    models = asked_models(workspace, connect(workspace), config.models)
    parts = sorted(history.glob("part-*.parquet"))
    as_of = max(read_frame(part, columns=["as_of"])["as_of"].max() for part in parts)
    counted = [Counted(asked, output, _sums(asked)) for asked in models for output in asked.outputs]
    clients = 0
    for part in tqdm(parts, desc="county reasons", unit="part", disable=None):
        clients += _add(part, as_of, snapshot, models, counted)
    summary = summarise(snapshot.sha256, as_of.date(), clients, counted)
    folder = published_folder(workspace, snapshot.sha256)
    _write(folder, summary)
    return folder, summary


def _sums(asked: Asked) -> GroupSums:
    return GroupSums(tuple(dict.fromkeys(spec.family for spec in asked.model.parts.explainer.specs)))


def _add(
    part: Path, as_of: pd.Timestamp, snapshot: Snapshot, models: Sequence[Asked], counted: Sequence[Counted]
) -> int:
    """One part of the history; how many clients it has on the date."""
    frame = read_frame(part, filters=[("as_of", "==", as_of)])
    for asked in models:
        check_features(asked, list(frame.columns))
    if frame.empty:
        return 0
    groups = _groups(frame, int(part.stem.removeprefix("part-")), as_of, snapshot)
    for asked in models:
        rows = np.ascontiguousarray(frame[list(asked.model.feature_names)].to_numpy(np.float32))
        kept = np.flatnonzero(asked.answered(rows))
        used = asked.model.parts.used_columns(rows[kept])
        for one in (one for one in counted if one.asked is asked and len(kept)):
            explained = one.output.explain(used)
            _, shares = by_family(explained.shares, asked.model.parts.explainer.specs)
            one.sums.add([groups[place] for place in kept], explained.probabilities, shares)
    return len(frame)


def _groups(frame: pd.DataFrame, bucket: int, as_of: pd.Timestamp, snapshot: Snapshot) -> list[Group]:
    if "age" not in frame:
        raise DataError("The history has no feature age, by which groups are made. Add the family to its catalogue.")
    residents = read_table(snapshot, "residents", bucket, RESIDENTS)
    clients = frame["client_id"].astype(object).tolist()
    return groups_of(municipality_of(residents, clients, as_of.to_datetime64()), frame["age"].to_numpy(np.float64))


def _write(folder: Path, summary: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows(csv_rows(summary))
    text = json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / REASONS_JSON, text.encode())
    write_atomically(folder / REASONS_CSV, table.getvalue().encode())
    write_atomically(folder / REASONS_HTML, render(summary).encode())


def told(summary: dict[str, Any]) -> Iterator[str]:
    """What the command prints: each output with the families that weigh most in the county."""
    yield f"{summary['clients']:,} clients on {summary['as_of']}"
    for output in summary["outputs"]:
        everyone, hidden = output["everyone"], output["hidden"]
        yield (
            f"  {output['id']}: {everyone['clients']:,} answered, mean probability {everyone['probability']:.3f}, "
            f"{len(output['groups']) - hidden} groups shown, {hidden} hidden"
        )
        for reason in everyone["reasons"][:SAID]:
            yield f"    {reason['family']:<36}{reason['mean_absolute']:>8.3f}{reason['mean']:>+8.3f}"


def main(argv: Sequence[str] | None = None) -> int:
    """Publish the reasons of groups."""
    path = parse_config_path(argv, "evaluation.county_reasons", "Publishes the reasons of groups.", DEFAULT)

    def action() -> None:
        folder, summary = make(load_config(path, CountyReasonsConfig))
        for line in told(summary):
            say(line)
        say(f"Published in {folder.parent.name}/{folder.name}/{REASONS_HTML}.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
