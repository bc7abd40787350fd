"""Agreement on ordered levels: a neighbour is a smaller mistake than the far end."""

import numpy as np


def quadratic_kappa(label: np.ndarray, proposed: np.ndarray, levels: int) -> float:
    """Cohen's kappa with squared distances; `label` and `proposed` are level numbers 0 … levels - 1.

    Unit: share, range -1 to 1.  0 = as much as by chance, 1 = always the same.  Only for more than two levels: with two
    it is the unweighted kappa.  NaN when both say one level only.  Source: Cohen 1968, Psychological Bulletin 70:213.
    """
    counts = np.zeros((levels, levels))
    np.add.at(counts, (label, proposed), 1)
    distance = np.subtract.outer(np.arange(levels), np.arange(levels)) ** 2
    by_chance = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    expected = float((distance * by_chance).sum())
    return 1 - float((distance * counts).sum()) / expected if expected > 0 else float("nan")
