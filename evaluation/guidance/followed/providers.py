"""Indicators of guidance by client group and by provider: the organisation whose register holds the guidance."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.guidance.baseline import Share, share
from evaluation.guidance.outcomes import NOTHING
from evaluation.small_cells.hiding import hidden_in_grid, hidden_together

Line = dict[str, Any]
WEEK = 7
GROUP, PROVIDER = "segment", "provider"


def with_change(cases: pd.DataFrame, found: pd.DataFrame, days: int) -> pd.DataFrame:
    """The cases with `change`: the number of classes by which the heaviest use rose in the days after the guidance.

    `found` are spells (client_id, level, start, end); no use is below the lightest class.  The day of the guidance
    itself belongs to neither side.
    """
    numbered = cases.assign(case=np.arange(len(cases)), day=cases["time"].dt.normalize())
    joined = numbered[["case", "client_id", "day"]].merge(found, on="client_id")
    span, next_day = pd.Timedelta(days=days), joined["day"] + pd.Timedelta(days=1)
    before = joined[(joined["start"] < joined["day"]) & (joined["end"] > joined["day"] - span)]
    after = joined[(joined["start"] < joined["day"] + span) & (joined["end"] > next_day)]
    levels = [
        part.groupby("case")["level"].max().reindex(numbered["case"]).fillna(NOTHING).to_numpy(np.int64)
        for part in (before, after)
    ]
    return cases.assign(change=levels[1] - levels[0])


def provider_tables(cases: pd.DataFrame) -> dict[str, list[Line]]:
    """`provider`, `segment` (the client group) and `both`: the same figures for each, small cells hidden."""
    return {
        PROVIDER: _lines(cases, PROVIDER),
        GROUP: _lines(cases, GROUP),
        "both": _crossed(cases),
    }


def _lines(cases: pd.DataFrame, by: str) -> list[Line]:
    parts = {str(name): part for name, part in cases.groupby(by, sort=True)}
    counts = [counts_of(part) for part in parts.values()]
    hidden = hidden_together(*map(list, zip(*counts, strict=True))) if counts else []
    return [line_of({by: name}, part, hide) for (name, part), hide in zip(parts.items(), hidden, strict=True)]


def _crossed(cases: pd.DataFrame) -> list[Line]:
    """Provider × client group: a cell is hidden when any of its counts must be, in its row or its column."""
    providers, groups = (sorted(cases[name].astype(str).unique()) for name in (PROVIDER, GROUP))
    cells: Mapping[tuple[str, str], pd.DataFrame] = {
        (str(a), str(b)): part for (a, b), part in cases.groupby([PROVIDER, GROUP])
    }
    nobody = cases.iloc[:0]
    counts = [[counts_of(cells.get((one, group), nobody)) for group in groups] for one in providers]
    hidden = _hidden(counts)
    return [
        line_of({PROVIDER: one, GROUP: group}, cells[one, group], hidden[row][column])
        for row, one in enumerate(providers)
        for column, group in enumerate(groups)
        if (one, group) in cells
    ]


def _hidden(counts: Sequence[Sequence[tuple[int, ...]]]) -> np.ndarray:
    marks = np.zeros((len(counts), len(counts[0]) if counts else 0), bool)
    for which in range(len(counts[0][0])) if counts else ():
        marks |= np.array(hidden_in_grid([[cell[which] for cell in row] for row in counts]))
    return marks


def counts_of(cases: pd.DataFrame) -> tuple[int, ...]:
    """Cases, and both sides of every share that is told of them."""
    n, began = len(cases), int((cases["started"] > NOTHING).sum())
    early, heavy = int((cases["days"] <= WEEK).sum()), int(cases["heavy"].sum())
    up = int((cases["change"] > 0).sum())
    return (n, began, n - began, early, n - early, heavy, began - heavy, up, n - up)


def line_of(named: Mapping[str, str], cases: pd.DataFrame, hide: bool) -> Line:
    """The figures of some cases; all of them None where they are hidden."""
    n, began, _, early, _, _, lighter, up, _ = counts_of(cases)
    shares = {"started": (began, n), "within_7_days": (early, n), "lighter": (lighter, began), "heavier_after": (up, n)}
    told: dict[str, Share] = {name: share(*one) for name, one in shares.items()}
    median = float(cases["days"].median()) if began and not hide else None
    hidden = {name: dict.fromkeys(one) for name, one in told.items()}
    return {**named, "n": None if hide else n, "median_days": median, **(hidden if hide else told)}
