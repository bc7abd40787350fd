"""Reads a side file and checks it: a damaged or older file is refused, a wrong row is left out and counted."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from configs.errors import DataError
from configs.workspace import Workspace
from features.frames import column_names, read_frame
from features.side_files.declared import FOLDER, SideFile
from features.tables import Column

AGAIN = "Export it again: `python -m serving.export_log`."
LIMIT = 0.05
"""Share of wrong rows from which the whole file is refused, as at the ingest."""
PSEUDONYM = r"[0-9a-f]{32}"
NOTHING: Any = None
KINDS: Mapping[str, Any] = {
    "text": object,
    "time": "datetime64[s]",
    "number": np.float64,
    "integer": np.float64,
    "flag": bool,
}


@dataclass(frozen=True)
class Checked:
    """The rows that keep to the declaration, and how many did not, by reason and column."""

    rows: pd.DataFrame
    delivered: int
    left_out: Mapping[str, int]
    covers_until: date | None
    """None where nothing was exported yet."""


def read_side_file(workspace: Workspace, declared: SideFile) -> Checked:
    """The checked rows of one side file; none where nothing was exported yet.

    Raises DataError for a file that is half-written, damaged or older than the declaration, or mostly wrong.
    """
    file = workspace.extracts / FOLDER / declared.file
    if not file.is_file():
        return Checked(_empty(declared), 0, {}, None)
    until = _complete(file)
    lacking = [name for name in declared.names if name not in column_names(file)]
    if lacking:
        raise DataError(f"{declared.file} lacks the column {', '.join(lacking)}. {AGAIN}")
    frame = read_frame(file)[list(declared.names)]
    if frame.empty:
        return Checked(_empty(declared), 0, {}, until)
    kept, left = _kept(frame, declared)
    wrong = sum(left.values())
    if wrong > LIMIT * len(frame):
        told = "; ".join(f"{reason}: {count} rows" for reason, count in left.items())
        raise DataError(f"{declared.file}: {wrong} of {len(frame)} rows are wrong ({told}). {AGAIN}")
    return Checked(kept, len(frame), left, until)


def _complete(file: Path) -> date:
    """The day up to which a complete file covers.  Raises DataError for any other."""
    marker = file.with_name(f"{file.name}.complete")
    if not marker.is_file():
        raise DataError(f"{file.name} has no {marker.name}: it may be half-written. {AGAIN}")
    try:
        told = json.loads(marker.read_text(encoding="utf-8"))
        sha256, until = str(told["sha256"]), date.fromisoformat(told["covers_until"])
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{marker.name} cannot be read. {AGAIN}") from None
    if hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
        raise DataError(f"{file.name} is not the file that {marker.name} tells of: it was damaged or edited. {AGAIN}")
    return until


def _kept(frame: pd.DataFrame, declared: SideFile) -> tuple[pd.DataFrame, dict[str, int]]:
    read = pd.DataFrame({column.name: _read(frame[column.name], column) for column in declared.columns})
    reason = pd.Series("", index=frame.index, dtype=object)
    for column in declared.columns:
        for told, wrong in _faults(frame[column.name], read[column.name], column):
            reason[wrong & (reason == "")] = f"{told} {column.name}"
    reason[read.duplicated(list(declared.key)) & (reason == "")] = "duplicate"
    good = (reason == "").to_numpy()
    left = Counter(reason[~good])
    kept = read[good].reset_index(drop=True)
    return kept.astype({column.name: KINDS[column.kind] for column in declared.columns}), dict(sorted(left.items()))


def _read(values: pd.Series, column: Column) -> pd.Series:
    """The values in the column's kind; what is none of it reads as missing."""
    if column.kind == "time":
        return pd.to_datetime(values, errors="coerce").astype("datetime64[s]")
    if column.kind in ("number", "integer"):
        return pd.to_numeric(values, errors="coerce").astype(np.float64)
    if column.kind == "flag":
        return values.where(values.isin([True, False]), NOTHING).astype(object)
    return values.astype(object).where(values.notna(), NOTHING)


def _faults(given: pd.Series, read: pd.Series, column: Column) -> Iterator[tuple[str, pd.Series]]:
    missing = read.isna()
    yield "wrong kind of value in", missing & given.notna()
    if not column.nullable:
        yield "missing value in", missing
    if column.name == "client_id":
        yield "no pseudonym in", ~missing & ~read.astype(str).str.fullmatch(PSEUDONYM)
    if column.allowed:
        yield "value not allowed in", ~missing & ~read.isin(column.allowed)
    if column.low is not None:
        yield "out of range:", read < column.low
    if column.high is not None:
        yield "out of range:", read > column.high


def _empty(declared: SideFile) -> pd.DataFrame:
    return pd.DataFrame({one.name: pd.Series([], dtype=KINDS[one.kind]) for one in declared.columns})
