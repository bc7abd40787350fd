"""The attrition table as a file: rows and clients before and after every rule, for readers and for spreadsheets."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

ATTRITION_JSON, ATTRITION_CSV = "attrition.json", "attrition.csv"
COLUMNS = ("filter", "rows_before", "rows_after", "clients_before", "clients_after")

Steps = Sequence[Mapping[str, object]]


def write_attrition(folder: Path, steps: Steps) -> None:
    """Both files into a folder that is being built."""
    (folder / ATTRITION_JSON).write_text(attrition_json(steps), encoding="utf-8")
    (folder / ATTRITION_CSV).write_text(attrition_csv(steps), encoding="utf-8")


def attrition_json(steps: Steps) -> str:
    """The steps in their order, one object each."""
    return json.dumps([dict(step) for step in steps], ensure_ascii=False, indent=1) + "\n"


def attrition_csv(steps: Steps) -> str:
    """The same with a heading, semicolons and a byte order mark: it opens as a table in a Finnish spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([step[column] for column in COLUMNS] for step in steps)
    return "\ufeff" + text.getvalue()
