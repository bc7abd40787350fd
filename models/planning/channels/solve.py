"""Solving the programme with HiGHS, and saying which limit is in the way when there is no solution."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from configs.errors import ModelError
from configs.phrases import Phrase
from models.planning.channels.programme import Limit, Programme

OPTIMAL, INFEASIBLE = 0, 2
SMALL = 1e-7


@dataclass(frozen=True)
class Solution:
    """Matters by cell (float64[cell]), and what one more unit of each limit does to the staff hours (≤ 0)."""

    matters: np.ndarray
    hours: float
    prices: np.ndarray
    """float64[limit]: change of total staff hours per unit more room; 0 where the limit does not bind."""


@dataclass(frozen=True)
class Conflict:
    """A limit that has to give way, and by how much in its own unit."""

    limit: Limit
    lacking: float
    """What the cheapest way out adds to this limit, together with the other conflicts."""
    alone: float | None
    """What it would take if only this limit gave way; None when it alone does not suffice."""


def solve(asked: Programme) -> Solution | None:
    """The mix of fewest staff hours, or None when no mix keeps every limit.  Raises ModelError when HiGHS gives up."""
    found = linprog(
        asked.cost, A_ub=asked.matrix, b_ub=asked.bounds, A_eq=asked.demand_rows, b_eq=asked.demand, method="highs"
    )
    if found.status == INFEASIBLE:
        return None
    if found.status != OPTIMAL:
        english = f"The channel programme was not solved: HiGHS says `{found.message.strip()}`. Check the numbers."
        raise ModelError(Phrase(english, "channels_unsolved"))
    return Solution(np.maximum(found.x, 0.0), float(asked.cost @ found.x), np.asarray(found.ineqlin.marginals, float))


def conflicts(asked: Programme) -> tuple[Conflict, ...]:
    """The limits in the way: the smallest relative relaxation that makes the programme solvable.

    Demand, what suits a digital channel and the protection of the digitally excluded never give way.
    """
    slack = _relaxed(asked, [place for place, one in enumerate(asked.limits) if one.kind != "digital_suitable"])
    if slack is None:
        english = "The channel programme has no solution whatever gives way. Check the matters and channels."
        raise ModelError(Phrase(english, "channels_unsolved"))
    chosen = [place for place in range(len(asked.limits)) if slack[place] > _noise(asked.limits[place])]
    return tuple(Conflict(asked.limits[place], float(slack[place]), _alone(asked, place)) for place in chosen)


def _noise(limit: Limit) -> float:
    return SMALL * max(abs(limit.bound), 1.0)


def _alone(asked: Programme, place: int) -> float | None:
    slack = _relaxed(asked, [place])
    return None if slack is None else float(slack[place])


def _relaxed(asked: Programme, places: Sequence[int]) -> np.ndarray | None:
    """float64[limit]: the slack of each limit that is free to give way, least in all relative to its bound."""
    cells, limits = len(asked.cells), len(asked.limits)
    slack = np.zeros((limits, len(places)))
    slack[list(places), np.arange(len(places))] = -1.0
    weights = np.array([1 / max(abs(asked.limits[place].bound), 1.0) for place in places])
    equal = np.hstack([asked.demand_rows, np.zeros((len(asked.demand), len(places)))])
    found = linprog(
        np.concatenate([np.zeros(cells), weights]),
        A_ub=np.hstack([asked.matrix, slack]),
        b_ub=asked.bounds,
        A_eq=equal,
        b_eq=asked.demand,
        method="highs",
    )
    if found.status != OPTIMAL:
        return None
    whole = np.zeros(limits)
    whole[list(places)] = found.x[cells:]
    return whole


def served_at_most(asked: Programme) -> tuple[float, np.ndarray]:
    """The most matters that fit within every limit, and what one more unit of each limit adds (float64[limit]).

    Lower limits, targets and waits are left out: they ask for more, and cannot make room.
    """
    asks = ("smallest", "digital_target", "wait")
    upper = np.array([one.bound >= 0 and one.kind not in asks for one in asked.limits])
    found = linprog(
        -np.ones(len(asked.cells)),
        A_ub=np.vstack([asked.matrix[upper], asked.demand_rows]),
        b_ub=np.concatenate([asked.bounds[upper], asked.demand]),
        method="highs",
    )
    if found.status != OPTIMAL:
        english = "The channel programme was not solved. Check the matters and channels."
        raise ModelError(Phrase(english, "channels_unsolved"))
    gains = np.zeros(len(asked.limits))
    gains[upper] = -np.asarray(found.ineqlin.marginals, float)[: int(upper.sum())]
    return float(-found.fun), gains
