"""Counts that may be shown: 1 to 4 people stay hidden, and so does what would give them away."""

from collections import Counter
from collections.abc import Iterable, Sequence

from models.small_cells import SMALLEST_CELL, hidden_cells
from serving.pages.coordinator.services import Counted


def counted(kinds: Sequence[str], found: Iterable[str]) -> Counted:
    """How many of each kind; kinds that are not named are not counted."""
    counts = Counter(found)
    return shown({kind: counts[kind] for kind in kinds})


def shown(counts: dict[str, int]) -> Counted:
    """The counts with small ones, and their neighbours where needed, hidden."""
    hidden = hidden_cells(list(counts.values()))
    return Counted(
        {kind: None if hide else count for (kind, count), hide in zip(counts.items(), hidden, strict=True)},
        small(sum(counts.values())),
    )


def small(count: int) -> int | None:
    """One count that stands alone: None for 1 to 4."""
    return None if 0 < count < SMALLEST_CELL else count
