"""A table of counts as it may leave the house: small cells hidden, what would give them away hidden too, rounded.

Who reads it may know the true totals from elsewhere (population statistics, last year's report).  So a cell is hidden
until even with every true row and column total no hidden count can be found or shown to be 1 … smallest - 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.small_cells.attack import Knowledge, Sum
from evaluation.small_cells.hiding import Grid, hidden_in_grid
from models.small_cells import SMALLEST_CELL

Marks = list[list[bool]]


@dataclass(frozen=True)
class Profile:
    """How a table is released."""

    name: str
    smallest: int
    """Counts of people below this are hidden."""
    rounding: int
    """Shown counts are rounded to this; 1 = as they are."""


INTERNAL = Profile("internal", SMALLEST_CELL, 1)
PUBLICATION = Profile("publication", 8, 5)
"""OpenSAFELY's output checking: counts up to 7 hidden, the rest rounded to 5, totals recomputed from what is shown."""
PROFILES = {one.name: one for one in (INTERNAL, PUBLICATION)}


@dataclass(frozen=True)
class Released:
    """What is shown; None = hidden."""

    cells: tuple[tuple[int | None, ...], ...]
    rows: tuple[int | None, ...]
    columns: tuple[int | None, ...]
    total: int | None
    profile: Profile


def release(counts: Grid, profile: Profile = INTERNAL) -> Released:
    """The table as it is shown.  Exact totals are shown only where nothing is rounded and no hidden cell follows from
    them; otherwise totals are recomputed from the shown cells and say nothing about the hidden ones."""
    marks, totals_safe = protected(counts, profile.smallest)
    cells = [
        [None if hide else rounded(count, profile.rounding) for count, hide in zip(line, hides, strict=True)]
        for line, hides in zip(counts, marks, strict=True)
    ]
    exact = profile.rounding == 1 and totals_safe
    told = [[count or 0 for count in line] for line in cells] if not exact else [list(line) for line in counts]
    return Released(
        cells=tuple(tuple(line) for line in cells),
        rows=tuple(sum(line) for line in told),
        columns=tuple(sum(column) for column in zip(*told, strict=True)),
        total=sum(map(sum, told)),
        profile=profile,
    )


def protected(counts: Grid, smallest: int = SMALLEST_CELL) -> tuple[Marks, bool]:
    """Which cells are hidden so that no attack with the true totals tells a hidden count, and whether the totals may
    be shown (they may not when even hiding everything does not help, e.g. three people in all)."""
    marks = hidden_in_grid(counts, smallest)
    while (found := _told_cell(counts, marks, smallest)) is not None:
        another = _next_to_hide(counts, marks, found)
        if another is None:
            return marks, False
        marks[another[0]][another[1]] = True
    return marks, True


def rounded(count: int, base: int) -> int:
    """To the nearest multiple of the base; halves up."""
    return count if base == 1 else int((count + base / 2) // base) * base


def knowledge(counts: Grid, marks: Sequence[Sequence[bool]]) -> Knowledge:
    """What somebody holds who sees every shown cell and knows every true total.  Hidden cells are never empty: that is
    known too, because 0 is shown."""
    flat = np.array(counts, dtype=float).reshape(-1)
    hidden = np.array(marks, dtype=bool).reshape(-1)
    low, high = np.where(hidden, 1.0, flat), np.where(hidden, np.inf, flat)
    wide = len(counts[0]) if counts else 0
    places = np.arange(flat.size).reshape(-1, wide) if flat.size else np.zeros((0, 0), int)
    lines = [*places, *places.T]
    sums = [Sum(tuple(int(place) for place in line), flat[line].sum(), flat[line].sum()) for line in lines]
    return Knowledge(low, high, sums)


def _told_cell(counts: Grid, marks: Marks, smallest: int) -> tuple[int, int] | None:
    """A hidden cell that the attack tells, or None."""
    known, wide = knowledge(counts, marks), len(counts[0]) if counts else 0
    for i, line in enumerate(marks):
        for j, hide in enumerate(line):
            if hide and not _exchangeable(counts, marks, (i, j), smallest):
                most = known.most([i * wide + j])
                if most < smallest or (most == counts[i][j] and known.least([i * wide + j]) == most):
                    return i, j
    return None


def _exchangeable(counts: Grid, marks: Marks, at: tuple[int, int], smallest: int) -> bool:
    """Four hidden cells in a rectangle: people moved around it leave every total as it is.  Enough of them, and the
    cell could as well be another one that is not small: then nothing need be attacked."""
    i, j = at
    needed = max(smallest - counts[i][j], 1)
    for k, line in enumerate(marks):
        for other, hide in enumerate(line):
            around = k != i and other != j and hide and marks[i][other] and marks[k][j]
            if around and min(counts[i][other], counts[k][j]) - 1 >= needed:
                return True
    return False


def _next_to_hide(counts: Grid, marks: Marks, told: tuple[int, int]) -> tuple[int, int] | None:
    """The smallest shown cell with people in the told cell's row or column, else anywhere."""
    shown = [(i, j) for i, line in enumerate(counts) for j, count in enumerate(line) if count > 0 and not marks[i][j]]
    beside = [(i, j) for i, j in shown if i == told[0] or j == told[1]]
    return min(beside or shown, key=lambda at: (counts[at[0]][at[1]], at), default=None)
