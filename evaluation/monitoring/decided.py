"""Decisions as the store has them, with what was proposed; agreement, overrides and chance-corrected kappa by unit."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from configs.workspace import Workspace
from evaluation.metrics import kappa
from features.side_files import DECISIONS, REVIEWS, read_side_file
from features.store import Snapshot, read_table
from models.small_cells import SMALLEST_CELL, hidden_cells

SEEN = ["decision_id", "unit", "model", "proposed", "own_view"]
"""What the table of decisions lacks."""
EVERY_UNIT = "*"


def stored_decisions(workspace: Workspace, snapshot: Snapshot) -> pd.DataFrame:
    """The table `decisions` with `unit`, `model`, `proposed` and `own_view`; empty where none was ingested."""
    table = read_table(snapshot, "decisions")
    seen = read_side_file(workspace, DECISIONS).rows[SEEN]
    return table.assign(decision_id=table["decision_id"].astype(object)).merge(seen, on="decision_id", how="left")


def agreement(decisions: pd.DataFrame, least_decisions: int) -> list[dict[str, Any]]:
    """Each unit's line and that of all units: clients, decisions, agreement, overrides, kappa.

    Kappa is Cohen's: 1 = always the same segment, 0 = no more often than chance.  A unit with fewer than five clients,
    or whose part in the sum would give such a one away, is hidden; rates need `least_decisions`.  No decision, no line.
    """
    judged = decisions[decisions["proposed"].notna() & decisions["segment"].notna()]
    if judged.empty:
        return []
    named = judged.assign(unit=judged["unit"].astype(object).where(judged["unit"].notna(), "unknown"))
    units = {str(unit): rows for unit, rows in named.groupby("unit")}
    hidden = hidden_cells([rows["client_id"].nunique() for rows in units.values()])
    lines = [_line(unit, rows, hide, least_decisions) for (unit, rows), hide in zip(units.items(), hidden, strict=True)]
    few = named["client_id"].nunique() < SMALLEST_CELL
    return [*lines, _line(EVERY_UNIT, named, few, least_decisions)]


def _line(unit: str, rows: pd.DataFrame, hidden: bool, least: int) -> dict[str, Any]:
    empty: dict[str, Any] = {"clients": None, "decisions": None, "agreement": None, "override": None, "kappa": None}
    if hidden:
        return {"unit": unit, "hidden": True, **empty}
    found = {**empty, "clients": int(rows["client_id"].nunique()), "decisions": len(rows)}
    if len(rows) >= least:
        found |= _rates(rows)
    return {"unit": unit, "hidden": False, **found}


def _rates(rows: pd.DataFrame) -> Mapping[str, float | None]:
    said, done = rows["proposed"].astype(str).to_numpy(), rows["segment"].astype(str).to_numpy()
    same = float(np.mean(said == done))
    chance = kappa(done, said)
    return {"agreement": same, "override": 1 - same, "kappa": float(chance) if np.isfinite(chance) else None}


def stored_reviews(workspace: Workspace) -> pd.DataFrame:
    """Clients drawn from those whom no proposal selected, with what was found; empty where none was exported."""
    return read_side_file(workspace, REVIEWS).rows


def reviewed(reviews: pd.DataFrame) -> list[dict[str, Any]]:
    """Clients per finding; None = hidden, because few or because the total would give a few away."""
    counts = reviews.groupby("finding", observed=True)["client_id"].nunique()
    names = [str(name) for name in counts.index]
    hidden = hidden_cells(counts.tolist())
    return [
        {"finding": name, "clients": None if hide else int(n)}
        for name, n, hide in zip(names, counts, hidden, strict=True)
    ]
