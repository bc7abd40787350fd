"""The one door to small-cell protection: which lines of an indicator are not told."""

from collections.abc import Sequence

from evaluation.indicators.telling.figures import Figure
from evaluation.small_cells.hiding import hidden_together
from models.small_cells import SMALLEST_CELL

FEW, UNIFORM = "few", "uniform"


def hidden_lines(figures: Sequence[Figure], unit: str, smallest: int) -> list[str]:
    """Per line of one table whose total is known: why it is hidden ("" = shown).

    Hidden: fewer than `smallest` people, cases or others, what a total would give away, and shares of nobody or all.
    """
    counts = [list(one) for one in zip(*(_people(figure, unit) for figure in figures), strict=True)]
    if not figures:
        return []
    uniform = [bool(_uniform(one, unit)) for one in figures]
    marks = hidden_together(*counts, smallest=smallest, hidden=uniform)
    # One line's number of people would follow from those of all others: with one of few people every line hides it.
    few = any(hidden_together(*counts, smallest=smallest))
    why = UNIFORM if marks == uniform and not few else FEW
    return [why if hide else "" for hide in marks]


def hidden_alone(figure: Figure, unit: str, smallest: int) -> str:
    """The same for a line without others: the whole county."""
    return FEW if any(0 < part < smallest for part in _people(figure, unit)) else _uniform(figure, unit)


def count_change(change: float, smallest: int = SMALLEST_CELL) -> float | None:
    """A change between two shown counts; one of 1-4 is not said."""
    return None if 0 < abs(change) < smallest else change


def _people(figure: Figure, unit: str) -> tuple[int, ...]:
    """The people behind a figure; where it divides them in two, both parts too."""
    divides = unit in ("share", "count")
    return (figure.n, figure.cases, figure.n - figure.cases) if divides else (figure.n,)


def _uniform(figure: Figure, unit: str) -> str:
    told = unit == "share" and figure.value is not None and figure.value in (0.0, 1.0)
    return UNIFORM if told else ""
