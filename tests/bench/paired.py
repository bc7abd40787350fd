"""An estimate with its client-bootstrap interval, and what may be said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.held_out.draws import auroc, client_draws, interval_of

DRAWS = 1000


@dataclass(frozen=True)
class Estimate:
    """A value with the ends of its 95 % interval; NaN where one is undefined."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, given: Mapping[str, float | None]) -> "Estimate":
        """From the {value, low, high} of a stored report; None becomes NaN."""
        return cls(*(_number(given[part]) for part in ("value", "low", "high")))

    @property
    def not_below(self) -> bool:
        """Of a difference: the value is not negative and its interval reaches zero or more."""
        return self.value >= 0 and self.high >= 0

    @property
    def above(self) -> bool:
        """Of a difference: its whole interval lies above zero."""
        return self.low > 0

    def contains(self, value: float) -> bool:
        """Whether the interval holds a value."""
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def _number(given: float | None) -> float:
    return float("nan") if given is None else float(given)


@dataclass(frozen=True)
class Pair:
    """AUROC of two scores on the same drawn clients."""

    ours: Estimate
    theirs: Estimate
    difference: Estimate


def paired(label: np.ndarray, ours: np.ndarray, theirs: np.ndarray, client: np.ndarray, draws: int = DRAWS) -> Pair:
    """Both AUROCs and ours - theirs; clients are drawn whole, the same ones for both."""
    weights = np.vstack([np.ones(len(label)), client_draws(client, draws)])
    mine, other = (auroc(label, score.astype(np.float64), weights) for score in (ours, theirs))
    return Pair(_estimate(mine), _estimate(other), _estimate(mine - other))


def _estimate(found: np.ndarray) -> Estimate:
    """The first is of everybody as they are, the others are draws."""
    bounds = interval_of(found[1:])
    low, high = (bounds.low, bounds.high) if bounds else (None, None)
    return Estimate(float(found[0]), _number(low), _number(high))


def slopes_missed(lines: Sequence[Mapping[str, Any]], least_events: int) -> tuple[int, int]:
    """(lines with enough events whose slope's interval misses what is good, lines with enough events and an interval).

    The last line of `municipality_slopes`, all smaller municipalities together, counts as one.
    """
    large = [line for line in lines if (line["events"] or 0) >= least_events and line["meets"] is not None]
    return sum(not line["meets"] for line in large), len(large)
