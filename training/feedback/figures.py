"""Realised calibration by task and version, and who was right where a professional decided."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from evaluation.monitoring.decided import agreement
from evaluation.small_cells.hiding import too_few
from training.feedback.lines import Drawn, lines_of

CHOICES = ("accept", "change", "cannot_tell", "none")
EVERY = "*"


def calibration(rows: pd.DataFrame, drawn: Drawn) -> list[dict[str, Any]]:
    """A line per task and version, and one of all versions; each client counts once per day of knowledge."""
    found = []
    for kind, task, own in _tasks(rows[rows["first"]]):
        parts = {f"{model} {version}": part for (model, version), part in own.groupby(["model", "version"])}
        single = lines_of(parts, drawn) if len(parts) > 1 else []
        told = {"kind": kind, "task": task, "versions": sorted(parts)}
        found += [{**told, **one} for one in [*single, *lines_of({EVERY: own}, drawn)]]
    return found


def choices(rows: pd.DataFrame, drawn: Drawn) -> list[dict[str, Any]]:
    """Outcome rate by what was decided: on the proposal itself, or about the client once a need was shown.

    A client counts once per day of knowledge, with the showing that was decided on where there is one.
    """
    once = decided_once(rows)
    found = []
    for kind, task, own in _tasks(once):
        said = own["decision" if kind == "segment" else "client_decision"].astype(object)
        named = own.assign(choice=said.where(said.notna(), "none"))
        parts = {choice: named[named["choice"] == choice] for choice in CHOICES}
        found += [{"kind": kind, "task": task, **one} for one in lines_of(parts, drawn)]
    return found


def decided_once(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per client, task, version and day of knowledge: the one that was decided on where there is one."""
    decided = rows["decision"].notna() | rows["client_decision"].notna()
    order = rows.assign(has=decided).sort_values(["has", "decided_at"], kind="stable", na_position="first")
    return order.drop_duplicates(["client_id", "kind", "task", "model", "version", "as_of"], keep="last")


def right(rows: pd.DataFrame, drawn: Drawn) -> list[dict[str, Any]]:
    """Where a segment was recorded later: how often the proposed one was right, and how often the decided one.

    A choice that `choices` hides is hidden here too; so is one with 1-4 right or wrong decisions.
    """
    segments = decided_once(rows[rows["kind"] == "segment"])
    own = segments[segments["state"] == "scored"]
    hidden = {one["part"] for one in choices(segments, replace(drawn, repeats=1)) if one["hidden"]}
    return [_right(choice, own[own["decision"] == choice], choice in hidden, drawn) for choice in CHOICES[:-1]]


def _right(choice: str, rows: pd.DataFrame, hidden: bool, drawn: Drawn) -> dict[str, Any]:
    same = int((rows["decided"].notna() & (rows["decided"] == rows["outcome_segment"])).sum())
    hide = hidden or too_few(same) or too_few(len(rows) - same)
    told: dict[str, Any] = {"choice": choice, "hidden": hide, "rows": None, "proposal_right": None}
    told["decision_right"] = None
    if not hide:
        told["rows"] = len(rows)
    if not hide and len(rows) >= drawn.least_rows:
        told |= {"proposal_right": float((rows["outcome"] == 1).mean()), "decision_right": same / len(rows)}
    return told


def units(rows: pd.DataFrame, drawn: Drawn) -> list[dict[str, Any]]:
    """By the unit that decided: agreement, overrides, kappa; and observed over expected of its need answers."""
    segments = rows[(rows["kind"] == "segment") & rows["decision"].notna()]
    named = segments.assign(unit=segments["decided_in"], segment=segments["decided"])
    needs = rows[(rows["kind"] == "need") & (rows["state"] == "scored") & rows["first"]]
    parts = {str(unit): part for unit, part in needs.groupby(needs["unit"].astype(object).fillna("unknown"))}
    came = {one["part"]: one for one in [*lines_of(parts, drawn), *lines_of({EVERY: needs}, drawn)]}
    agreed = {one["unit"]: one for one in agreement(named, drawn.least_rows)}
    names = sorted((came.keys() | agreed.keys()) - {EVERY})
    return [{"unit": unit, "decisions": agreed.get(unit), "needs": came.get(unit)} for unit in [*names, EVERY]]


def _tasks(rows: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    scored = rows[rows["state"] == "scored"]
    for (kind, task), own in scored.groupby(["kind", "task"]):
        yield str(kind), str(task), own
