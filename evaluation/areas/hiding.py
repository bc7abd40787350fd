"""Which areas' lines are hidden: fewer than five people in a cell, or a cell that the total would give away."""

from collections.abc import Sequence

from evaluation.groups import SMALLEST_CELL, hidden_cells


def hidden_areas(*counts: Sequence[int], smallest: int = SMALLEST_CELL) -> list[bool]:
    """True for the areas to hide, from one or several counts per area whose totals are shown."""
    cells = [hidden_cells(one, smallest) for one in counts]
    return [any(hides) for hides in zip(*cells, strict=True)]


def too_few(count: int, smallest: int = SMALLEST_CELL) -> bool:
    """True for 1-4 people: such a count is never shown."""
    return 0 < count < smallest
