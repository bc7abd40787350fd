"""Two ways of grouping the same clients side by side: counts with small cells hidden, and how far they agree."""

import numpy as np

from evaluation.held_out.groups import SMALLEST_CELL


def counted(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Clients per (row group, column group), both as numbers from 0."""
    found = np.zeros(shape, dtype=np.int64)
    np.add.at(found, (rows, columns), 1)
    return found


def hidden(counts: np.ndarray, smallest: int = SMALLEST_CELL) -> np.ndarray:
    """Which cells must be hidden when the totals of rows and columns are known.

    Cells of 1 to `smallest` - 1, then the smallest others until no row or column gives one away by subtraction.
    """
    mask = (counts > 0) & (counts < smallest)
    while True:
        before = mask.copy()
        for line, covered in (*zip(counts, mask, strict=True), *zip(counts.T, mask.T, strict=True)):
            _cover(line, covered, smallest)
        if (mask == before).all():
            return mask


def _cover(line: np.ndarray, covered: np.ndarray, smallest: int) -> None:
    """Hide more of one line, in place, until what is hidden is several cells of at least `smallest` together."""
    while covered.any() and (covered.sum() < 2 or line[covered].sum() < smallest):
        others = np.flatnonzero(~covered & (line > 0))
        if not len(others):
            return
        covered[others[line[others].argmin()]] = True


def adjusted_rand(first: np.ndarray, second: np.ndarray) -> float:
    """Agreement of two groupings of the same clients beyond chance (adjusted Rand index).

    Unit: index, at most 1.  0 = as much as by chance, 1 = the same groups.  NaN when both put everyone in one group.
    Source: Hubert & Arabie 1985, Journal of Classification 2:193.
    """
    _, rows = np.unique(first, return_inverse=True)
    _, columns = np.unique(second, return_inverse=True)
    counts = counted(rows, columns, (int(rows.max()) + 1, int(columns.max()) + 1))
    together, by_row, by_column = (_pairs(one).sum() for one in (counts, counts.sum(axis=1), counts.sum(axis=0)))
    chance = by_row * by_column / _pairs(np.array([len(first)]))[0]
    most = (by_row + by_column) / 2
    return float((together - chance) / (most - chance)) if most != chance else float("nan")


def _pairs(counts: np.ndarray) -> np.ndarray:
    return np.asarray(counts * (counts - 1) / 2)
