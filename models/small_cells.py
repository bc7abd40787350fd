"""Small cells stay hidden: a count of 1–4 people is never shown, nor what would give it away by subtraction."""

from collections.abc import Sequence

SMALLEST_CELL = 5
"""Counts 1-4 are never shown (project policy after Statistics Finland's output checking; configurable per county)."""


def hidden_cells(counts: Sequence[int], smallest: int = SMALLEST_CELL) -> list[bool]:
    """Which counts must be hidden when their total is known.

    Counts below `smallest` (0 is no person and may be shown), and then the smallest others until `are_enough`.
    """
    hidden = [0 < count < smallest for count in counts]
    while any(hidden):
        if are_enough([count for count, hide in zip(counts, hidden, strict=True) if hide], smallest):
            return hidden
        others = [(count, place) for place, count in enumerate(counts) if not hidden[place] and count > 0]
        if not others:
            return hidden
        hidden[min(others)[1]] = True
    return hidden


def are_enough(hidden: Sequence[int], smallest: int = SMALLEST_CELL) -> bool:
    """True when the sum of hidden counts tells none of them, nor that one of them is surely below `smallest`.

    Each may be all of the sum but one person in every other that holds anybody.
    """
    people = sum(count > 0 for count in hidden)
    return len(hidden) >= 2 and sum(hidden) - max(0, people - 1) >= smallest
