"""Groups inside groups: a municipality belongs to an organisation, so one table gives the other's hidden line away."""

from collections.abc import Mapping, Sequence

import numpy as np

from evaluation.small_cells.attack import Knowledge, Sum, is_recovered

Masks = Mapping[tuple[str, str], np.ndarray]
"""(trait, group) -> which people (or rows)."""


def completed(masks: Masks, hidden: Mapping[tuple[str, str], bool], people: np.ndarray) -> dict[tuple[str, str], bool]:
    """The marks, and as many more as it takes that no hidden group's number follows from the shown ones of all traits.

    `people` are the masks' entries to count (one per client).  Which group lies in which is known to everybody.
    """
    keys = list(masks)
    member = np.stack([masks[key][people] for key in keys]).astype(int)
    kinds, sizes = np.unique(member, axis=1, return_counts=True)
    counts, everybody = kinds @ sizes, int(sizes.sum())
    marks = dict(hidden)
    while (told := _told(keys, kinds, counts, marks, everybody)) is not None:
        another = _next(keys, kinds, counts, marks, told)
        if another is None:
            return dict.fromkeys(keys, True)
        marks[another] = True
    return marks


def _told(
    keys: Sequence[tuple[str, str]],
    kinds: np.ndarray,
    counts: np.ndarray,
    marks: Mapping[tuple[str, str], bool],
    everybody: int,
) -> tuple[str, str] | None:
    sums = [_sum(kinds[place], counts[place]) for place, key in enumerate(keys) if not marks[key]]
    sums.append(Sum(tuple(range(kinds.shape[1])), float(everybody), float(everybody)))
    known = Knowledge(np.zeros(kinds.shape[1]), np.full(kinds.shape[1], np.inf), sums)
    for place, key in enumerate(keys):
        if marks[key] and counts[place] and is_recovered(known.bounds(_cells(kinds[place]))):
            return key
    return None


def _next(
    keys: Sequence[tuple[str, str]],
    kinds: np.ndarray,
    counts: np.ndarray,
    marks: Mapping[tuple[str, str], bool],
    told: tuple[str, str],
) -> tuple[str, str] | None:
    """The smallest shown group that shares people with the told one, else the smallest of its trait, else any."""
    own = kinds[keys.index(told)]
    shown = [(int(counts[place]), key) for place, key in enumerate(keys) if not marks[key] and counts[place]]
    near = [(size, key) for size, key in shown if (kinds[keys.index(key)] & own).any()]
    beside = [(size, key) for size, key in shown if key[0] == told[0]]
    found = min(near or beside or shown, default=None)
    return found[1] if found else None


def _sum(kinds: np.ndarray, count: int) -> Sum:
    return Sum(tuple(_cells(kinds)), float(count), float(count))


def _cells(kinds: np.ndarray) -> list[int]:
    return [int(place) for place in np.flatnonzero(kinds)]
