"""Cells of a scheme put together: a segment with several cells is drawn as few rectangles, its dots once."""

from collections.abc import Sequence
from dataclasses import dataclass

from serving.pages.format import hundred_split


@dataclass(frozen=True)
class Cell:
    """One segment in one of its places; `column` from the left and `row` from the bottom, both from 0."""

    column: int
    row: int
    name: str
    share: str
    dots: int
    """Of 100 similar clients, those in the segment as a whole."""
    proposed: bool
    credible: bool = False
    """True when the segment is one of several that cannot be ruled out."""
    mark: str = ""
    """What is written under the share, e.g. that the segment is possible."""
    segment: str = ""
    """Id of the segment; cells with the same one are drawn together."""


@dataclass(frozen=True)
class Region:
    """A rectangle of cells of one segment; the first one of a segment carries the number."""

    cell: Cell
    column: int
    row: int
    columns: int
    rows: int
    dots: int
    first: bool


Rectangle = tuple[int, int, int, int]
"""Column, row, columns, rows."""


def regions_of(cells: Sequence[Cell]) -> tuple[Region, ...]:
    """The cells of each segment as rectangles, the largest first."""
    segments: dict[str, list[Cell]] = {}
    for cell in cells:
        segments.setdefault(cell.segment or cell.name, []).append(cell)
    return tuple(region for found in segments.values() for region in _regions(found))


def _regions(cells: Sequence[Cell]) -> list[Region]:
    rectangles = sorted(rectangles_of({(cell.column, cell.row) for cell in cells}), key=lambda one: -one[2] * one[3])
    shares = hundred_split([float(columns * rows) for _, _, columns, rows in rectangles])
    dots = _split(cells[0].dots, shares)
    return [
        Region(cells[0], *rectangle, dots=count, first=place == 0)
        for place, (rectangle, count) in enumerate(zip(rectangles, dots, strict=True))
    ]


def rectangles_of(places: set[tuple[int, int]]) -> list[Rectangle]:
    """Rows of neighbouring cells, and equal rows above each other joined: every place once."""
    runs: list[Rectangle] = []
    for row in sorted({row for _, row in places}):
        for column, length in _runs(sorted(column for column, found in places if found == row)):
            below = next(
                (one for one in runs if one[0] == column and one[2] == length and one[1] + one[3] == row), None
            )
            if below is not None:
                runs.remove(below)
                runs.append((column, below[1], length, below[3] + 1))
            else:
                runs.append((column, row, length, 1))
    return runs


def _runs(columns: Sequence[int]) -> list[tuple[int, int]]:
    """First column and length of each unbroken run."""
    runs: list[tuple[int, int]] = []
    for column in columns:
        if runs and sum(runs[-1]) == column:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((column, 1))
    return runs


def _split(total: int, shares: Sequence[int]) -> list[int]:
    """`total` whole dots by shares of 100; the first place takes what rounding left."""
    counts = [total * share // 100 for share in shares]
    return [counts[0] + total - sum(counts), *counts[1:]]
