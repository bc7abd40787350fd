"""Who serves which series: weights of the members and the chosen member, per group of series.

Weights minimise the scaled absolute error of back-test windows over the simplex (none negative, sum one) and are then
shrunk towards equal weights, because equal weights are hard to beat (Claeskens et al. 2016, "The forecast combination
puzzle").
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from configs.loader import StrictConfig

ALL, DENSE, INTERMITTENT, TRENDING = "all", "dense", "intermittent", "trending"
BANDS = ("small", "middle", "large")
NAIVE, TREES, WEIGHTED, MEAN, SERVED = "seasonal_naive", "lightgbm", "weighted", "mean", "served"
LEVEL_BOUND = (NAIVE, "seasonal_mean", INTERMITTENT)
"""Members that never say more than they have seen: of no use to a series that grows."""
USUAL = ("ets", TREES)
BY_GROUP = "by_group"
ROUNDS, FIRST_STEP, MOST_ROWS = 400, 1.0, 200_000
TREND_SEASONS = 3


class Combination(StrictConfig):
    """How members are combined and for whom they are chosen."""

    of: tuple[str, ...] = ()
    """Members that `weighted` weighs; none = every listed one (`intermittent` only where zeros dominate)."""
    by: Literal["kind", "scale"] = "kind"
    """`kind`: intermittent, trending and other series are chosen for apart.  `scale`: the others also by thirds of
    their level."""
    zeros: float = Field(default=0.4, gt=0, le=1)
    """Share of zeros from which a series is intermittent."""
    trend: float = Field(default=1.2, gt=1)
    """Factor from season to season, twice in a row, from which a series is trending (or falling, by its inverse)."""
    shrinkage: float = Field(default=0.5, ge=0, le=1)
    """0 = the weights of least error, 1 = equal weights."""
    smallest_group: int = Field(default=30, ge=1)
    """Series that a group needs to choose by itself; a smaller one takes the choice of all: few choose by luck."""

    def averaged(self, listed: Sequence[str]) -> tuple[str, ...]:
        """The members of `mean`: the listed ones that are fitted models."""
        return tuple(name for name in _single(listed) if name not in LEVEL_BOUND) or USUAL

    def weighable(self, listed: Sequence[str]) -> tuple[str, ...]:
        """Every member that `weighted` may weigh."""
        return self.of or _single(listed) or USUAL

    def weighted_in(self, listed: Sequence[str], group: str) -> tuple[str, ...]:
        """The members that may have a weight in a group."""
        return useful(self.weighable(listed), group)


def useful(members: Sequence[str], group: str) -> tuple[str, ...]:
    """The members that can serve a group: no level-bound one where a series grows, `intermittent` where zeros rule."""
    useless = LEVEL_BOUND if group == TRENDING else () if group == INTERMITTENT else (INTERMITTENT,)
    return tuple(name for name in members if name not in useless) or tuple(members)


def _single(listed: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in listed if name not in {MEAN, WEIGHTED})


@dataclass(frozen=True)
class GroupChoice:
    """What serves one group of series.  `errors`: MASE of each candidate on the windows that chose."""

    member: str
    weights: Mapping[str, float]
    windows: int
    errors: Mapping[str, float]

    def weight_of(self, name: str, rule: Combination, listed: Sequence[str]) -> float:
        """The weight of one single member in what serves the group; 0 where it takes no part."""
        if self.member == WEIGHTED:
            return float(self.weights.get(name, 0.0))
        averaged = rule.averaged(listed) if self.member == MEAN else (self.member,)
        return 1 / len(averaged) if name in averaged else 0.0


@dataclass(frozen=True)
class Choice:
    """The choice of every group; a group that is not named takes that of `all`."""

    groups: Mapping[str, GroupChoice]

    def of(self, group: str) -> GroupChoice:
        """What serves a group."""
        return self.groups.get(group, self.groups[ALL])

    def member(self, groups: Sequence[str]) -> str:
        """The one member that serves all these groups, or `by_group`."""
        found = {self.of(group).member for group in groups}
        return found.pop() if len(found) == 1 else BY_GROUP

    def as_json(self) -> dict[str, Any]:
        """For the bundle."""
        return {name: asdict(one) for name, one in self.groups.items()}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Choice":
        """The inverse of `as_json`."""
        return cls({name: GroupChoice(**one) for name, one in said.items()})


def groups_of(panel: pd.DataFrame, settings: Combination, season: int) -> pd.Series:
    """unique_id → group, from what `panel` (unique_id, ds, y; sorted) knows and nothing later."""
    values = panel.groupby("unique_id")["y"]
    zeros = panel["y"].eq(0).astype(float).groupby(panel["unique_id"]).mean()
    labels = pd.Series(DENSE, index=zeros.index, dtype=object)
    labels[_trending(panel, settings.trend, season)] = TRENDING
    labels[zeros >= settings.zeros] = INTERMITTENT
    dense = labels.index[labels == DENSE]
    if settings.by == "scale" and len(dense):
        rank = values.mean()[dense].rank(method="first") - 1
        third = (rank * len(BANDS) // len(dense)).astype(int)
        labels[dense] = pd.Series([f"{DENSE}_{BANDS[one]}" for one in third], index=dense)
    return labels


def _trending(panel: pd.DataFrame, factor: float, season: int) -> pd.Index:
    """Series whose last three seasonal means rise, or fall, by the factor twice in a row."""
    back = panel.groupby("unique_id").cumcount(ascending=False) // season
    recent = panel[back < TREND_SEASONS]
    keys = [recent["unique_id"], back[back < TREND_SEASONS]]
    means = recent["y"].groupby(keys).mean().where(recent["y"].groupby(keys).size() == season).unstack()
    if means.shape[1] < TREND_SEASONS:
        return means.index[:0]
    last, middle, first = (means[k] for k in range(TREND_SEASONS))
    rises = (last >= factor * middle) & (middle >= factor * first) & (first > 0)
    falls = (last * factor <= middle) & (middle * factor <= first) & (first > 0)
    return means.index[rises | falls]


def fit_weights(forecasts: np.ndarray, actual: np.ndarray, scale: np.ndarray, shrinkage: float) -> np.ndarray:
    """Weights (members,) ≥ 0, sum 1, of `forecasts` (rows, members) with the least mean |error| / scale, then shrunk.

    Exponentiated-gradient descent (Kivinen & Warmuth 1997): it stays inside the simplex and needs no solver.
    """
    members = forecasts.shape[1]
    equal = np.full(members, 1 / members)
    every = slice(None, None, len(actual) // MOST_ROWS + 1)
    scaled = forecasts[every] / scale[every, None]
    target = actual[every] / scale[every]
    weights, best, least = equal, equal, np.inf
    for turn in range(1, ROUNDS + 1):
        error = scaled @ weights - target
        loss = float(np.abs(error).mean())
        if loss < least:
            best, least = weights, loss
        slope = np.sign(error) @ scaled / len(target)
        slope = slope - slope.min()
        step = FIRST_STEP / (np.sqrt(turn) * max(float(slope.max()), 1e-12))
        weights = weights * np.exp(-step * slope)
        weights = weights / weights.sum()
    return (1 - shrinkage) * best + shrinkage * equal


def weighted(table: pd.DataFrame, choice: Choice) -> np.ndarray:
    """The weighted combination of `table` (a column `group`, one column per member)."""
    return _by_group(table, lambda rows, one: _sum(rows, one.weights), choice)


def served(table: pd.DataFrame, choice: Choice) -> np.ndarray:
    """What the choice says: per group the chosen member's column, or the weighted sum where that is chosen."""
    return _by_group(
        table,
        lambda rows, one: _sum(rows, one.weights) if one.member == WEIGHTED else rows[one.member].to_numpy(float),
        choice,
    )


def equally_weighted(table: pd.DataFrame, members: Sequence[str]) -> np.ndarray:
    """The plain mean of members."""
    return table[list(members)].to_numpy(float).mean(axis=1)


def _sum(rows: pd.DataFrame, weights: Mapping[str, float]) -> np.ndarray:
    return rows[list(weights)].to_numpy(float) @ np.array(list(weights.values()))


def _by_group(table: pd.DataFrame, value: Any, choice: Choice) -> np.ndarray:
    found = np.full(len(table), np.nan)
    labels = table["group"].to_numpy()
    for label in pd.unique(labels):
        here = labels == label
        found[here] = value(table[here], choice.of(str(label)))
    return found
