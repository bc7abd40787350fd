"""Similar clients: what happened, in numbers of a group, to those who a horizon ago looked like this client does now.

Only sums leave this file: never a client's id, row or order.  Fewer than five clients = nothing is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.small_cells import SMALLEST_CELL, hidden_cells

GROUP = 100
"""How many of the most similar clients are summed up."""
UNLIKE = 1.0
"""Distance of a feature that is known of one of two clients only (in robust standard deviations)."""
ROBUST = 1.4826
"""Median absolute deviation times this is the standard deviation of a normal distribution."""
FAR = 3.0
"""No single feature counts for more than this."""


@dataclass(frozen=True)
class Reference:
    """Clients as they were known at an earlier date, and what happened to them since."""

    clients: np.ndarray
    """Text [n]: used only to leave the client herself out."""
    rows: np.ndarray
    """float32 [n, features], NaN = unknown."""
    outcomes: Mapping[str, np.ndarray]
    """Task id -> float64 [n]: 1 happened, 0 did not, NaN = the task was not asked of the client or it is not known."""

    @cached_property
    def spread(self) -> np.ndarray:
        """Each feature's spread among all of them."""
        return spread_of(self.rows)


@dataclass(frozen=True)
class SimilarOutcome:
    """Of `known` similar clients it happened to `happened`; None = too few to be told."""

    task: str
    known: int | None
    happened: int | None


@dataclass(frozen=True)
class Similar:
    """The group's size and its outcomes."""

    clients: int
    outcomes: tuple[SimilarOutcome, ...]


def similar(reference: Reference, client_id: str, row: np.ndarray, group: int = GROUP) -> Similar | None:
    """The outcomes of the `group` most similar others; None when there are fewer than five of them."""
    others = reference.clients != client_id
    if int(others.sum()) < SMALLEST_CELL:
        return None
    rows = reference.rows[others]
    nearest = np.argsort(distances(rows, row, reference.spread), kind="stable")[:group]
    found = tuple(_outcome(task, values[others][nearest]) for task, values in reference.outcomes.items())
    return Similar(len(nearest), found)


def distances(rows: np.ndarray, row: np.ndarray, spread: np.ndarray | None = None) -> np.ndarray:
    """float64 [n]: mean difference over the features, each in its own spread; one known on one side only counts 1."""
    apart = np.minimum(np.abs(rows - row) / (spread_of(rows) if spread is None else spread), FAR)
    one_side = np.isnan(rows) ^ np.isnan(row)
    return np.asarray(np.where(one_side, UNLIKE, np.nan_to_num(apart, nan=0.0)).mean(axis=1))


def spread_of(rows: np.ndarray) -> np.ndarray:
    """float64 [features]: the robust standard deviation, else the plain one, else 1."""
    found = np.ones(rows.shape[1])
    told = ~np.isnan(rows).all(axis=0)
    middle = np.nanmedian(rows[:, told], axis=0)
    robust = np.nanmedian(np.abs(rows[:, told] - middle), axis=0) * ROBUST
    plain = np.nanstd(rows[:, told], axis=0)
    found[told] = np.where(robust > 0, robust, np.where(plain > 0, plain, 1.0))
    return found


def _outcome(task: str, values: np.ndarray) -> SimilarOutcome:
    known = values[~np.isnan(values)]
    happened = int(known.sum())
    if len(known) < SMALLEST_CELL:
        return SimilarOutcome(task, None, None)
    told = not any(hidden_cells([happened, len(known) - happened]))
    return SimilarOutcome(task, len(known), happened if told else None)
