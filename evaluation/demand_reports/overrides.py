"""Did planners' overrides help?  Kept with the forecast they changed, judged once their periods have come."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from configs.errors import DataError
from evaluation.demand_reports.section import Line, Section
from evaluation.demand_reports.words import note
from features.manifest import write_atomically
from models.demand.model import DemandModel
from models.planning.judged import ALL, judge_overrides
from models.planning.overrides import Override, override_of
from models.texts import Text

JUDGED = "overrides_judged.json"
"""Below `var/published/`: what the planner's page shows."""
FORECASTS, KEPT = "forecasts", "overrides"
"""Folder of the kept forecasts of all models below `var/published/`; and of the overrides below one model's."""
UNIT = "share of realised demand"
SAME = 1e-9
FEWEST = 5
"""Numbers that a reason needs for a line of its own: of fewer nothing can be said, and the words may point at one."""


@dataclass(frozen=True)
class Told:
    """One overridden number with the forecast that it took the place of."""

    override: Override
    original: float


def keep(folder: Path, overrides: Sequence[Override], originals: Mapping[tuple[str, pd.Timestamp], float]) -> Path:
    """Write the overrides with their originals below `folder`; named by their newest time, never changed later."""
    rows = [{**one.as_json(), "original": originals[one.series_id, pd.Timestamp(one.ds)]} for one in overrides]
    newest = max(one.time for one in overrides).strftime("%Y%m%dT%H%M%S%f")
    file = folder / KEPT / f"{newest}.json"
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode())
    return file


def kept_overrides(files: Iterable[Path]) -> tuple[Told, ...]:
    """The newest override of every number in some files.

    A file is a JSON list of overrides, each with its `original`; a `value` of null takes an earlier one back.
    Raises DataError when a file is something else.
    """
    rows = sorted((row for file in files for row in _rows(file)), key=lambda row: str(row.get("time", "")))
    newest = {(str(row.get("series_id")), str(row.get("ds"))): row for row in rows}
    return tuple(_told(row) for row in newest.values() if row.get("value") is not None)


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "original" in row for row in rows):
        raise DataError(f"{file.name} is no list of overrides with their `original`. Keep overrides by the commands.")
    return rows


def _told(row: Mapping[str, Any]) -> Told:
    role = row.get("author_role", row.get("role"))
    return Told(override_of({**row, "author_role": role}), float(row["original"]))


def judged(told: Mapping[str, Sequence[Told]], models: Mapping[str, DemandModel], as_of: str) -> tuple[Section, dict]:
    """The report's section and the published JSON of all models together.

    A number counts relative to the mean of its series' realised overridden periods, so that visits and hours may be
    pooled.  Nothing is told by author: a role may be one person.
    """
    rows = pd.concat([_seen(name, told[name], models[name]) for name in told] or [_empty()], ignore_index=True)
    waiting = sum(map(len, told.values())) - len(rows)
    reasons = [(str(name), part) for name, part in rows.groupby("reason") if len(part) >= FEWEST]
    groups = [(ALL, rows), *reasons] if len(rows) else []
    lines = tuple(_line(name, part) for name, part in groups)
    whole = _judged(rows)
    notes = (note("overrides_waiting", n=waiting),) if waiting else ()
    published = {"as_of": as_of, **_counts(rows), **whole[0], "unit": UNIT, "by_author_hidden": True}
    return Section("overrides", lines, (whole[1], *notes)), {**published, "sentence": whole[1]}


def _line(name: str, rows: pd.DataFrame) -> Line:
    counts = _counts(rows)
    return {"reason": name, **counts, "share_better": counts["better"] / counts["n"], **_judged(rows)[0]}


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    gained = (rows["value"] - rows["y"]).abs() - (rows["original"] - rows["y"]).abs()
    better, worse = int((gained < -SAME).sum()), int((gained > SAME).sum())
    return {"n": len(rows), "better": better, "worse": worse, "same": len(rows) - better - worse}


def _judged(rows: pd.DataFrame) -> tuple[dict[str, float | None], Text]:
    """The mean change of the error with its interval (None where unknown), and the sentence."""
    overrides = [replace(one, value=value) for one, value in zip(rows["override"], rows["value"], strict=True)]
    keys = [(one.series_id, pd.Timestamp(one.ds)) for one in overrides]
    found = judge_overrides(overrides, dict(zip(keys, rows["original"], strict=True)), rows[["series_id", "ds", "y"]])
    line = found.table[found.table["by"] == ALL]
    if line.empty:
        return {"mean_change": None, "low95": None, "high95": None}, found.said
    ends = {"mean_change": "difference", "low95": "low95", "high95": "high95"}
    told = {name: float(line[column].iloc[0]) for name, column in ends.items()}
    return {name: None if pd.isna(value) else value for name, value in told.items()}, found.said


def _seen(name: str, told: Sequence[Told], model: DemandModel) -> pd.DataFrame:
    """The overrides whose period is complete, scaled to their series' realised mean."""
    rows = []
    for one in told:
        came = model.history.get(one.override.series_id)
        when = pd.Timestamp(one.override.ds)
        if came is not None and when in came.index:
            named = replace(one.override, series_id=f"{name}/{one.override.series_id}")
            rows.append((named, named.series_id, when, one.override.reason, named.value, one.original, came[when]))
    table = pd.DataFrame(rows, columns=list(_empty()))
    scale = table.groupby("series_id")["y"].transform("mean").where(lambda mean: mean > 0, 1.0)
    numbers = ["value", "original", "y"]
    return table.assign(**{column: table[column].astype(float) / scale for column in numbers})


def _empty() -> pd.DataFrame:
    return pd.DataFrame(columns=["override", "series_id", "ds", "reason", "value", "original", "y"])
