"""How many of a group are expected to have a need within its horizon: the sum of the model's calibrated likelihoods."""

from collections.abc import Mapping, Sequence
from datetime import date
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from evaluation.small_cells.hiding import hidden_in_grid
from features.columnar import Columns
from features.kernel import build_features
from features.store import Snapshot, read_table
from models.needs.need import AGE, NeedModel
from models.segments.eligibility import holds_all
from models.small_cells import hidden_cells

COLUMNS = ("asked", "expected", "variance")
Z = NormalDist().inv_cdf(0.975)
Line = dict[str, Any]


def likelihoods(snapshot: Snapshot, bucket: int, clients: np.ndarray, as_of: date, model: NeedModel) -> np.ndarray:
    """Each client's likelihood; NaN for those whom the task is not asked about (outside its ages or its cohort)."""
    tables: dict[str, Columns | pd.DataFrame] = {
        name: read_table(snapshot, name, bucket) for name in sorted({*model.catalogue.tables, "residents"})
    }
    days = np.full(len(clients), np.datetime64(as_of, "D"))
    rows = build_features(tables, clients, days, model.catalogue, model.vocabulary, threads=1)
    return of_rows(model, rows)


def of_rows(model: NeedModel, rows: np.ndarray) -> np.ndarray:
    """The same for whole rows of the model's catalogue."""
    frame = {name: rows[:, place] for place, name in enumerate(model.feature_names)}
    asked = holds_all(model.task.cohort.where, frame, len(rows))
    if AGE in frame:
        asked &= model.task.ages.hold(frame[AGE])
    found = np.full(len(rows), np.nan)
    if asked.any():
        found[asked] = model.model.probabilities(model.parts.used_columns(rows[asked]))
    return found


def sums(likely: np.ndarray) -> dict[str, np.ndarray]:
    """COLUMNS of each client: whether asked, the likelihood, and its variance."""
    asked = ~np.isnan(likely)
    chance = np.where(asked, likely, 0.0)
    return dict(zip(COLUMNS, (asked.astype(int), chance, chance * (1 - chance)), strict=True))


def told_line(found: Mapping[tuple[str, ...], Sequence[float]], key: tuple[str, ...], hide: bool) -> Line:
    """{asked, value, low, high, share}; all None where hidden or nobody is asked.

    The interval is that of a sum of independent chances (95 %, normal); it does not hold the model's own error.
    """
    asked, value, variance = found.get(key, (0.0, 0.0, 0.0))
    if hide or not asked:
        return dict.fromkeys(("asked", "value", "low", "high", "share"))
    half = Z * float(np.sqrt(variance))
    low, high = max(0.0, value - half), min(float(asked), value + half)
    return {"asked": int(asked), "value": float(value), "low": low, "high": high, "share": float(value / asked)}


def hidden_line(asked: Sequence[int], hidden: Sequence[bool]) -> list[bool]:
    """Which lines are not told: those whose clients are hidden, few asked, and what the total would give away."""
    return [one or other for one, other in zip(hidden, hidden_cells(list(asked)), strict=True)]


def hidden_cells_of(asked: Sequence[Sequence[int]], hidden: Sequence[Sequence[bool]]) -> list[list[bool]]:
    """The same for rows and columns."""
    own = hidden_in_grid(asked)
    return [[a or b for a, b in zip(*rows, strict=True)] for rows in zip(own, hidden, strict=True)]
