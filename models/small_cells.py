"""Small cells stay hidden: a count of 1–4 people is never shown, nor what would give it away by subtraction."""

from collections.abc import Sequence

SMALLEST_CELL = 5
"""Counts 1-4 are never shown (project policy after Statistics Finland's output checking; configurable per county)."""


def hidden_cells(counts: Sequence[int], smallest: int = SMALLEST_CELL) -> list[bool]:
    """Which counts must be hidden when their total is known.

    Counts below `smallest` (0 is no person and may be shown), and then the smallest others until neither one cell nor
    fewer than `smallest` people could be found by subtraction.
    """
    hidden = [0 < count < smallest for count in counts]
    while any(hidden):
        total = sum(count for count, hide in zip(counts, hidden, strict=True) if hide)
        if total >= smallest and sum(hidden) >= 2:
            return hidden
        others = [(count, place) for place, count in enumerate(counts) if not hidden[place] and count > 0]
        if not others:
            return hidden
        hidden[min(others)[1]] = True
    return hidden
