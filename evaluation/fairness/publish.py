"""Writes the published files of fairness, and reads them for other reports."""

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from configs.workspace import Workspace
from evaluation.fairness.comparing.rows import FairnessTable, csv_lines, from_json
from evaluation.fairness.page import render
from evaluation.fairness.report import all_tables
from evaluation.published import FAIRNESS, published_folder
from features.manifest import write_atomically


def write_report(folder: Path, report: Mapping[str, Any], stem: str = FAIRNESS) -> None:
    """JSON, CSV and HTML under one stem, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / f"{stem}.json", text.encode())
    write_atomically(folder / f"{stem}.csv", as_csv(report).encode())
    write_atomically(folder / f"{stem}.html", render(report).encode())


def as_csv(report: Mapping[str, Any]) -> str:
    """One line per group and figure, the model's version first; hidden groups have a line without figures."""
    tables = [(one["name"], one["version"], table) for one in report["models"] for table in all_tables(one)]
    tables += [("", "", table) for table in report["others"]]
    text, writer = io.StringIO(), None
    for _, version, table in tables:
        for line in csv_lines([from_json(table)]):
            row = {"version": version, **line}
            if writer is None:
                writer = csv.DictWriter(text, list(row), lineterminator="\n")
                writer.writeheader()
            writer.writerow(row)
    return text.getvalue()


def read_published(workspace: Workspace, snapshot_sha256: str) -> dict[str, Any] | None:
    """The report of a snapshot as `report_of` made it; None when the command was not run for it."""
    file = published_folder(workspace, snapshot_sha256) / f"{FAIRNESS}.json"
    if not file.is_file():
        return None
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def true_need_in(report: Mapping[str, Any], name: str, version: str) -> FairnessTable | str | None:
    """One version against the simulator's true need: the table, or a sentence that says why there is none.

    None when the report is not about the version, or was made before true need was looked at.
    """
    for model in report["models"]:
        if (model["name"], model["version"]) == (name, version) and model.get("true_need"):
            found = model["true_need"]
            return from_json(found["table"]) if found["table"] else str(found["not_available"])
    return None


def tables_in(report: Mapping[str, Any], name: str, version: str) -> tuple[FairnessTable, ...]:
    """The tables of one version; empty when the report is not about it."""
    for model in report["models"]:
        if (model["name"], model["version"]) == (name, version):
            return tuple(from_json(table) for table in model["tables"])
    return ()
