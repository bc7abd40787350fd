"""Uploaded files: opened in a child process with limits of memory and time, then read as what they are to be."""

import json
import subprocess
import sys
from datetime import date
from typing import Any

import pandas as pd

from configs.errors import DataError
from configs.loader import PROJECT_ROOT
from configs.phrases import Phrase
from models.exchange import Found
from models.workbook_checks import MOST_BYTES, too_large

Sheets = dict[str, tuple[tuple[Found, ...], ...]]
CHILD = "serving.planning.sheet_child"
SECONDS = 15
KINDS = {".xlsx": "xlsx", ".csv": "csv"}
MOST_SERIES = 200
SERIES_COLUMNS = ("unique_id", "ds", "y")


def read_sheets(name: str, content: bytes) -> Sheets:
    """Sheet title → rows of a sent .xlsx or .csv file.  Raises DataError in one sentence."""
    kind = next((kind for ending, kind in KINDS.items() if name.lower().endswith(ending)), None)
    if kind is None:
        english = "The file is neither .xlsx nor .csv. Save it as one of them and send it again."
        raise DataError(Phrase(english, "file_kind"))
    if not content:
        raise DataError(Phrase("The file is empty. Choose another one.", "file_empty"))
    if len(content) > MOST_BYTES:
        raise too_large(len(content))
    said = _ask_child(kind, content)
    if "fault" in said:
        raise DataError(Phrase(str(said["fault"]), str(said["code"]), **said["fields"]))
    return _sheets_of(said["sheets"])


def sheet_frame(name: str, content: bytes) -> pd.DataFrame:
    """The first sheet of a sent file as a table of texts, for `models.demand.sheet_default`.  Raises DataError."""
    rows = next(iter(read_sheets(name, content).values()), ())
    if not rows:
        english = "The sheet has no rows. Give a header `unique_id, ds, y` and one row per series and period."
        raise DataError(Phrase(english, "sheet_empty"))
    head = [str(cell.value or "").strip() for cell in rows[0]]
    missing = [column for column in SERIES_COLUMNS if column not in head]
    if missing:
        english = f"Row 1: there is no column `{missing[0]}`; the sheet needs {', '.join(SERIES_COLUMNS)}."
        raise DataError(Phrase(english, "sheet_column", column=missing[0], names=SERIES_COLUMNS))
    _no_formulas(rows, head)
    body = [[_text(cell) for cell in row] + [""] * (len(head) - len(row)) for row in rows[1:]]
    frame = pd.DataFrame(body, columns=head, dtype=str)
    frame = frame.loc[(frame != "").any(axis=1), [one for one in head if one]]
    if frame["unique_id"].nunique() > MOST_SERIES:
        found = int(frame["unique_id"].nunique())
        english = f"The sheet has {found} series; at most {MOST_SERIES} are forecast here."
        raise DataError(Phrase(english, "sheet_series", found=found, most=MOST_SERIES))
    return frame.reset_index(drop=True)


def _no_formulas(rows: tuple[tuple[Found, ...], ...], head: list[str]) -> None:
    for number, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            if cell.is_formula:
                column = head[place] if place < len(head) else str(place + 1)
                english = f"Row {number}, column {column}: a formula. Save the sheet with values only."
                raise DataError(Phrase(english, "sheet_formula", row=number, column=column[:30]))


def _text(cell: Found) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else repr(value)
    return str(value)


def _ask_child(kind: str, content: bytes) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", CHILD, kind],
            input=content,
            capture_output=True,
            timeout=SECONDS,
            cwd=PROJECT_ROOT,
            check=False,
        )
        said = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        english = "The file could not be read in time or in the memory it may use. Send a smaller one."
        raise DataError(Phrase(english, "file_slow")) from None
    return dict(said)


def _sheets_of(told: object) -> Sheets:
    assert isinstance(told, dict)
    return {str(title): tuple(tuple(_cell(cell) for cell in row) for row in rows) for title, rows in told.items()}


def _cell(told: list[object]) -> Found:
    value, kind = told
    if kind == "date":
        return Found(date.fromisoformat(str(value)))
    if kind == "formula":
        return Found(None, True)
    return Found(value)  # type: ignore[arg-type]
