"""Where a figure lies when the same kind of clients is drawn again."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

BOOTSTRAP_REPEATS = 200
INTERVAL_LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Where a figure lies when the same kind of clients is drawn again."""

    low: float
    high: float
    level: float = INTERVAL_LEVEL


def bootstrap(
    client: np.ndarray,
    statistic: Callable[[np.ndarray], float],
    repeats: int = BOOTSTRAP_REPEATS,
    seed: int = 1,
    level: float = INTERVAL_LEVEL,
) -> Interval | None:
    """Percentile interval of `statistic(row numbers)` when whole clients are drawn anew.

    Clients and not rows are drawn, because one client's rows are alike.  None when the figure is undefined in more
    than half of the draws.  Source: Efron & Tibshirani 1993, ch. 13.
    """
    order = np.argsort(client, kind="stable")
    _, start, size = np.unique(client[order], return_index=True, return_counts=True)
    rng = np.random.default_rng(seed)
    drawn = np.array([statistic(_rows_of_draw(order, start, size, rng)) for _ in range(repeats)])
    drawn = drawn[np.isfinite(drawn)]
    if drawn.size * 2 < repeats:
        return None
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level)


def _rows_of_draw(order: np.ndarray, start: np.ndarray, size: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Row numbers of as many clients as there are, drawn with replacement, each with all of its rows."""
    chosen = rng.integers(0, start.size, start.size)
    lengths = size[chosen]
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return order[np.repeat(start[chosen], lengths) + within]
