"""What is shown of counts, shares and changes: never 1-4 people, nor what would give them away by subtraction."""

from collections.abc import Mapping, Sequence

import numpy as np

from models.small_cells import SMALLEST_CELL, hidden_cells

ROUNDED_FROM = 1000
"""With so many rows a share rounded to whole per cents tells 0 and 4 rows apart no more."""


def shown_counts(counts: Sequence[int]) -> list[int | None]:
    """Counts whose total is known; None = hidden."""
    return [None if hide else int(count) for count, hide in zip(counts, hidden_cells(counts), strict=True)]


def shown_share(part: int, whole: int) -> float | None:
    """A share that gives no small count away: rounded, or None when that would not help."""
    if whole == 0:
        return None
    if not _gives_away(part, whole):
        return part / whole
    return round(part / whole, 2) if whole >= ROUNDED_FROM else None


def shown_shares(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """The same for a series; NaN = hidden or without rows."""
    pairs = zip(part.tolist(), whole.tolist(), strict=True)
    return np.array([np.nan if (share := shown_share(*pair)) is None else share for pair in pairs])


def shown_by_name(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Named counts, largest first."""
    names = sorted(counts, key=lambda name: (-counts[name], name))
    return dict(zip(names, shown_counts([counts[name] for name in names]), strict=True))


def change(now: int | None, before: int | None, smallest: int = SMALLEST_CELL) -> int | None:
    """The change between two shown counts; a change of 1-4 people tells of few people and is not said."""
    if now is None or before is None:
        return None
    return None if 0 < abs(now - before) < smallest else now - before


def share(part: int | None, whole: int) -> float | None:
    """A shown part of a whole; a share of 0 or 1 says something of each person and is not told."""
    if part is None or whole == 0 or part in (0, whole):
        return None
    return part / whole


def _gives_away(part: int, whole: int) -> bool:
    return 0 < part < SMALLEST_CELL or 0 < whole - part < SMALLEST_CELL
