"""Exact Shapley values of a game with few players.

Source: Shapley 1953; the mean, over all orders of joining, of what a group adds to those already there.
"""

from math import factorial

import numpy as np


def shapley(values: np.ndarray) -> np.ndarray:
    """float64[groups, cells] from the worth of every coalition, float64[2^groups, cells].

    The row number of `values` is the coalition: bit k is set where group k takes part.  The values of all groups add
    up to `values[-1] - values[0]`, and those of a sum of games are the sums of their values.
    """
    n = (len(values) - 1).bit_length()
    if len(values) != 2**n:
        raise ValueError(f"{len(values)} coalitions: a game of n groups has 2^n of them")
    found = np.zeros((n, *values.shape[1:]))
    for group in range(n):
        for coalition in range(2**n):
            if not coalition >> group & 1:
                gain = values[coalition | 1 << group] - values[coalition]
                found[group] += _weight(coalition.bit_count(), n) * gain
    return found


def _weight(others: int, n: int) -> float:
    """Share of the orders in which exactly these `others` have joined before the group."""
    return factorial(others) * factorial(n - others - 1) / factorial(n)
