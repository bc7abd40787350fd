"""One line of a table: how many, how many came, how many were expected; nothing that tells of fewer than five."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluation.metrics import bootstrap
from evaluation.small_cells.hiding import hidden_together


@dataclass(frozen=True)
class Drawn:
    """How intervals are made, and from how many rows on there is a rate."""

    least_rows: int
    repeats: int
    seed: int


def lines_of(parts: Mapping[str, pd.DataFrame], drawn: Drawn, weight: str | None = None) -> list[dict[str, Any]]:
    """A line per part; `outcome`, `probability`, `client_id` per row, and the column `weight` where one is named.

    A part with 1-4 clients, or with 1-4 who had the outcome or had it not, is hidden, and what would give it away.
    """
    frames = list(parts.values())
    counts = [[_clients(frame, side) for frame in frames] for side in (None, 1.0, 0.0)]
    hidden = hidden_together(*counts) if frames else []
    return [
        {"part": name, "hidden": hide, **(_nothing() if hide else line(frame, drawn, weight))}
        for (name, frame), hide in zip(parts.items(), hidden, strict=True)
    ]


def line(rows: pd.DataFrame, drawn: Drawn, weight: str | None = None) -> dict[str, Any]:
    """Clients, rows, events, observed and expected share, observed over expected with its 95 % interval."""
    told = {**_nothing(), "clients": int(rows["client_id"].nunique()), "rows": len(rows)}
    told["events"] = int(rows["outcome"].sum())
    if len(rows) < drawn.least_rows:
        return told
    y, p = rows["outcome"].to_numpy(np.float64), rows["probability"].to_numpy(np.float64)
    w = np.ones(len(rows)) if weight is None else rows[weight].to_numpy(np.float64)
    told |= {"observed": float(w @ y / w.sum()), "expected": float(w @ p / w.sum())}
    ratio = _ratio(w, y, p)
    if np.isfinite(ratio) and told["events"]:
        clients, _ = pd.factorize(rows["client_id"])
        found = bootstrap(clients, lambda at: _ratio(w[at], y[at], p[at]), drawn.repeats, drawn.seed)
        told |= {"ratio": ratio, "low": found.low if found else None, "high": found.high if found else None}
    return told


def _ratio(w: np.ndarray, y: np.ndarray, p: np.ndarray) -> float:
    expected = float(w @ p)
    return float(w @ y) / expected if expected > 0 else float("nan")


def _clients(rows: pd.DataFrame, outcome: float | None) -> int:
    own = rows if outcome is None else rows[rows["outcome"] == outcome]
    return int(own["client_id"].nunique())


def _nothing() -> dict[str, Any]:
    names = ("clients", "rows", "events", "observed", "expected", "ratio", "low", "high")
    return dict.fromkeys(names)
