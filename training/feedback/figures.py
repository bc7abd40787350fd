"""Realised calibration by task and version, and who was right where a professional decided."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from evaluation.monitoring.decided import agreement
from training.feedback.lines import Drawn, lines_of, shown

CHOICES = ("accept", "change", "cannot_tell", "none")
EVERY = "*"


def calibration(rows: pd.DataFrame, drawn: Drawn) -> list[dict[str, Any]]:
    """A line per task and version, and one of all versions; each client counts once per day of knowledge."""
    found = []
    for kind, task, own in _tasks(rows[rows["first"]]):
        parts = {f"{model} {version}": part for (model, version), part in own.groupby(["model", "version"])}
        every = lines_of({EVERY: own}, drawn)
        single = lines_of(parts, drawn) if len(parts) > 1 else [{**every[0], "part": next(iter(parts))}]
        found += [{"kind": kind, "task": task, **one} for one in [*single, *every]]
    return found


def choices(rows: pd.DataFrame, drawn: Drawn) -> list[dict[str, Any]]:
    """Outcome rate by what was decided: on the proposal itself, or about the client once a need was shown.

    A client counts once per day of knowledge, with the showing that was decided on where there is one.
    """
    decided = rows["decision"].notna() | rows["client_decision"].notna()
    once = rows.assign(has=decided).sort_values(["has", "decided_at"], kind="stable", na_position="first")
    once = once.drop_duplicates(["client_id", "kind", "task", "model", "version", "as_of"], keep="last")
    found = []
    for kind, task, own in _tasks(once):
        said = own["decision" if kind == "segment" else "client_decision"].astype(object)
        named = own.assign(choice=said.where(said.notna(), "none"))
        parts = {choice: named[named["choice"] == choice] for choice in CHOICES}
        found += [{"kind": kind, "task": task, **one} for one in lines_of(parts, drawn)]
    return found


def right(rows: pd.DataFrame, least: int) -> list[dict[str, Any]]:
    """Where a segment was recorded later: was it the proposed one, the decided one, the one held before?"""
    own = rows[(rows["kind"] == "segment") & (rows["state"] == "scored") & rows["decision"].notna()]
    parts = [own[own["decision"] == choice] for choice in CHOICES[:-1]]
    sides = [[int((part["outcome"] == wanted).sum()) for part in parts] for wanted in (1.0, 0.0)]
    same = [int(_same(part, "decided").sum()) for part in parts]
    counts = [*sides, same, [len(part) - n for part, n in zip(parts, same, strict=True)]]
    hidden = shown([[part["client_id"].nunique() for part in parts], *counts])
    return [
        {"choice": choice, "hidden": hide, **(_right(part, least) if not hide else _right(part[:0], least))}
        for choice, part, hide in zip(CHOICES, parts, hidden, strict=False)
    ]


def _right(rows: pd.DataFrame, least: int) -> dict[str, Any]:
    told: dict[str, Any] = dict.fromkeys(("rows", "proposal_right", "decision_right"))
    if len(rows):
        told["rows"] = len(rows)
    if len(rows) >= least:
        told["proposal_right"] = float((rows["outcome"] == 1).mean())
        told["decision_right"] = float(_same(rows, "decided").mean())
    return told


def _same(rows: pd.DataFrame, column: str) -> pd.Series:
    return rows[column].notna() & (rows[column] == rows["outcome_segment"])


def units(rows: pd.DataFrame, drawn: Drawn) -> list[dict[str, Any]]:
    """By the unit that decided: agreement, overrides, kappa; and observed over expected of its need answers."""
    segments = rows[(rows["kind"] == "segment") & rows["decision"].notna()]
    named = segments.assign(unit=segments["decided_in"], segment=segments["decided"])
    needs = rows[(rows["kind"] == "need") & (rows["state"] == "scored") & rows["first"]]
    parts = {str(unit): part for unit, part in needs.groupby(needs["unit"].astype(object).fillna("unknown"))}
    came = {one["part"]: one for one in lines_of(parts, drawn)}
    agreed = {one["unit"]: one for one in agreement(named, drawn.least_rows)}
    names = sorted((came.keys() | agreed.keys()) - {EVERY})
    return [{"unit": unit, "decisions": agreed.get(unit), "needs": came.get(unit)} for unit in [*names, EVERY]]


def _tasks(rows: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    scored = rows[rows["state"] == "scored"]
    for (kind, task), own in scored.groupby(["kind", "task"]):
        yield str(kind), str(task), own
