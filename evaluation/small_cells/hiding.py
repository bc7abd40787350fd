"""Which counts of people are hidden: within a table, against its totals, and in several counts at once."""

from collections.abc import Sequence

from models.small_cells import SMALLEST_CELL, are_enough, hidden_cells

Grid = Sequence[Sequence[int]]


def hidden_in_grid(counts: Grid, smallest: int = SMALLEST_CELL) -> list[list[bool]]:
    """Which cells of a table are hidden when the totals of its rows and of its columns can be known.

    Rows and columns are gone over until nothing more has to be hidden.
    """
    hidden = [[False] * len(row) for row in counts]
    changed = True
    while changed:
        changed = False
        for lines in (_rows(counts), _columns(counts)):
            for line in lines:
                changed |= _hide(counts, hidden, line, smallest)
    return hidden


def hidden_together(*counts: Sequence[int], smallest: int = SMALLEST_CELL, hidden: Sequence[bool] = ()) -> list[bool]:
    """Which lines are hidden as a whole, so that no total of any of the counts gives a small one away.

    `hidden` are lines that are hidden for another reason (all or none of their people): they must not follow either.
    """
    marks = list(hidden) if hidden else [False] * len(counts[0])
    while True:
        before = marks
        for own in counts:
            marks = _completed(own, marks, smallest)
        if marks == before:
            return marks


def hidden_areas(*counts: Sequence[int], smallest: int = SMALLEST_CELL) -> list[bool]:
    """True for the areas to hide, from one or several counts per area whose totals are shown."""
    cells = [hidden_cells(one, smallest) for one in counts]
    return [any(hides) for hides in zip(*cells, strict=True)]


def too_few(count: int, smallest: int = SMALLEST_CELL) -> bool:
    """True for 1-4 people: such a count is never shown."""
    return 0 < count < smallest


Places = Sequence[tuple[int, int]]


def _rows(counts: Grid) -> list[Places]:
    return [[(i, j) for j in range(len(row))] for i, row in enumerate(counts)]


def _columns(counts: Grid) -> list[Places]:
    return [[(i, j) for i in range(len(counts))] for j in range(len(counts[0]))] if counts else []


def _hide(counts: Grid, hidden: list[list[bool]], line: Places, smallest: int) -> bool:
    """Hide what a line's total would give away, given what is hidden already; True when something was added."""
    marks = [hidden[i][j] for i, j in line]
    wanted = _completed([counts[i][j] for i, j in line], marks, smallest)
    for (i, j), mark in zip(line, wanted, strict=True):
        hidden[i][j] = mark
    return wanted != marks


def _completed(own: Sequence[int], marks: Sequence[bool], smallest: int) -> list[bool]:
    """The marks, and the smallest others until the sum of what is hidden tells nothing of it (`are_enough`).

    Two cells of 4 and 1 are not enough: of 5 people in two cells that are not empty none can be 5.  A hidden line may
    hold nobody of this count; then too it must not follow that it is nobody.
    """
    wanted = [old or new for old, new in zip(marks, hidden_cells(own, smallest), strict=True)]
    while any(wanted):
        within = [count for count, hide in zip(own, wanted, strict=True) if hide]
        others = [(count, place) for place, count in enumerate(own) if not wanted[place] and count > 0]
        if not others or are_enough(within, smallest):
            break
        wanted[min(others)[1]] = True
    return wanted
