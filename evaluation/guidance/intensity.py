"""What followed guidance of each intensity (light, regular, intensive), as the scheme arranges it for the segment."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaluation.guidance.baseline import Share, share
from evaluation.guidance.outcomes import NOTHING
from evaluation.small_cells.hiding import hidden_in_grid, hidden_together

INTENSITIES = ("light", "regular", "intensive")
UNKNOWN = "unknown"
"""The intensity of a case whose segment the scheme does not arrange."""
Pair = tuple[str, str]


def intensity_lines(cases: pd.DataFrame, intensity_of: Mapping[str, str]) -> list[dict[str, Any]]:
    """Per intensity: n cases, median days until a service began, and the shares that began, at once, and lighter.

    A line is hidden as a whole: where it tells of few, where it would give away a hidden cell of the table of segments
    that is published beside it, and where the figures of all intensities together would give it away.
    """
    named = cases["segment"].map(dict(intensity_of)).fillna(UNKNOWN)
    parts = {one: cases[named == one] for one in (*INTENSITIES, UNKNOWN) if (named == one).any()}
    told = {one: _shares(part) for one, part in parts.items()}
    hidden = _hidden_lines(parts, told, cases)
    return [_line(one, parts[one], told[one], hidden[one]) for one in parts]


def _line(one: str, part: pd.DataFrame, told: Mapping[str, Share], hidden: bool) -> dict[str, Any]:
    if hidden:
        return {
            "intensity": one,
            "n": None,
            "median_days": None,
            **{name: dict.fromkeys(s) for name, s in told.items()},
        }
    days = part.loc[part["started"] > NOTHING, "days"].median()
    return {"intensity": one, "n": len(part), "median_days": None if pd.isna(days) else float(days), **told}


def _shares(part: pd.DataFrame) -> dict[str, Share]:
    begun = part[part["started"] > NOTHING]
    return {
        "started": share(len(begun), len(part)),
        "started_within_7_days": share(int((part["days"] <= 7).sum()), len(part)),
        "lighter": share(int((~begun["heavy"].astype(bool)).sum()), len(begun)),
    }


def _hidden_lines(
    parts: Mapping[str, pd.DataFrame], told: Mapping[str, Mapping[str, Share]], cases: pd.DataFrame
) -> dict[str, bool]:
    if not parts:
        return {}
    shares = [[one[name] for one in told.values()] for name in next(iter(told.values()))]
    counts = [[one["hits"] for one in own] for own in shares]
    counts += [[one["of"] - one["hits"] for one in own] for own in shares]
    cells = _hidden_cells(cases)
    few = hidden_together(*counts)
    marks = [mark or _tells_a_cell(part, cells) for mark, part in zip(few, parts.values(), strict=True)]
    sizes = [len(part) for part in parts.values()]
    if sum(marks) == 1 and len(marks) > 1:  # the figures of all of them would give it away
        marks[min((place for place, mark in enumerate(marks) if not mark), key=sizes.__getitem__)] = True
    return dict(zip(parts, marks, strict=True))


def _tells_a_cell(part: pd.DataFrame, cells: Mapping[Pair, Mapping[int, bool]]) -> bool:
    """True when one sum here holds exactly one hidden cell of the segments' table."""
    own = [cells[pair] for pair in set(zip(part["segment"], part["recommended"], strict=True))]
    nothing = sum(marks.get(NOTHING, False) for marks in own)
    every = sum(sum(marks.values()) for marks in own)
    return nothing == 1 or every - nothing == 1


def _hidden_cells(cases: pd.DataFrame) -> dict[Pair, dict[int, bool]]:
    """(segment, recommended) → what began → hidden there."""
    rows = sorted(set(zip(cases["segment"], cases["recommended"], strict=True)))
    columns = sorted({NOTHING, *cases["started"].astype(int)})
    sizes = cases.groupby(["segment", "recommended", "started"]).size()
    hidden = hidden_in_grid([[int(sizes.get((*row, one), 0)) for one in columns] for row in rows])
    return {row: dict(zip(columns, marks, strict=True)) for row, marks in zip(rows, hidden, strict=True)}
