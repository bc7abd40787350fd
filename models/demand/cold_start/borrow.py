"""A forecast for an area whose own history is too short: the forecasts of similar areas, brought to its size.

The size is first that of the population; every own period that is observed moves it towards the area's own level
(gamma-Poisson: the population counts as `prior_periods` periods).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from models.demand.cold_start.config import ColdStart
from models.demand.cold_start.similar import RATE, SIZE, nearest_areas


@dataclass(frozen=True)
class Known:
    """What lends: the bottom series observed so far, and the forecasts of those that have one."""

    observations: pd.DataFrame
    """`unique_id, ds, y`, the short series among them."""
    forecasts: pd.DataFrame
    """`unique_id, ds, value` of the bottom series that are forecast from their own history."""
    cells: pd.DataFrame
    """`unique_id, area, cell` of all bottom series; `cell` is all that divides an area (measure, age band …)."""
    traits: pd.DataFrame
    """Index area; `size` (persons of the served ages) and perhaps `aged`."""


@dataclass(frozen=True)
class Loan:
    """Who lent to an area, and on which grounds."""

    area: str
    lenders: tuple[str, ...]
    similar_by: tuple[str, ...]
    own_periods: int


def borrow(area: str, known: Known, rule: ColdStart) -> tuple[pd.DataFrame, Loan] | None:
    """`unique_id, ds, value` of every series of the area, and who lent; None when no area can lend.

    An area lends when each of its cells that the new area has is forecast from its own history.
    """
    wanted = known.cells[known.cells["area"] == area]
    candidates = _candidates(area, wanted["cell"], known)
    if area not in known.traits.index or not candidates:
        return None
    traits = known.traits.assign(**{RATE: _rates(area, [area, *candidates], known)})
    lenders = nearest_areas(area, candidates, traits, rule.similar_by, rule.lenders)
    parts = [_lent(str(one), str(cell), lenders, area, known, rule) for one, cell in _pairs(wanted)]
    own = known.observations[known.observations["unique_id"].isin(wanted["unique_id"])]
    used = tuple(name for name in rule.similar_by if name in traits and pd.notna(traits.at[area, name]))
    return pd.concat(parts, ignore_index=True), Loan(area, tuple(lenders), used, own["ds"].nunique())


def _pairs(cells: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(cells["unique_id"], cells["cell"], strict=True))


def _candidates(area: str, cells: pd.Series, known: Known) -> list[str]:
    """Areas with a size and a forecast of every cell, in order."""
    forecast = known.cells[known.cells["unique_id"].isin(known.forecasts["unique_id"])]
    has = forecast[forecast["area"] != area].groupby("area")["cell"].agg(set)
    needed = set(cells)
    return sorted(str(name) for name, own in has.items() if needed <= own and name in known.traits.index)


def _rates(area: str, areas: Sequence[str], known: Known) -> pd.Series:
    """Demand per person in the periods in which the new area was observed; unknown where it never was."""
    joined = known.observations.merge(known.cells, on="unique_id")
    dates = joined.loc[joined["area"] == area, "ds"].unique()
    total = joined[joined["ds"].isin(dates)].groupby("area")["y"].sum().reindex(list(areas))
    return total / known.traits[SIZE].reindex(list(areas))


def _lent(series: str, cell: str, lenders: Sequence[str], area: str, known: Known, rule: ColdStart) -> pd.DataFrame:
    lending = known.cells[known.cells["area"].isin(lenders) & (known.cells["cell"] == cell)]["unique_id"]
    ahead = known.forecasts[known.forecasts["unique_id"].isin(lending)].groupby("ds")["value"].sum()
    observed = known.observations[known.observations["unique_id"].isin(lending)].groupby("ds")["y"].sum()
    own = known.observations[known.observations["unique_id"] == series].set_index("ds")["y"]
    size = known.traits[SIZE]
    share = _share(own, observed, float(size[area] / size[list(lenders)].sum()), rule.prior_periods)
    return pd.DataFrame({"unique_id": series, "ds": ahead.index, "value": share * ahead.to_numpy(float)})


def _share(own: pd.Series, lent: pd.Series, by_size: float, prior: float) -> float:
    """The area's demand as a share of the lenders': (own + prior) ÷ (expected by size + prior), times the size."""
    common = own.index.intersection(lent.index)
    recent = lent.iloc[-len(common) :] if len(common) else lent
    per_period = by_size * float(recent.mean())
    expected = by_size * float(lent[common].sum())
    if per_period <= 0:
        return by_size
    return by_size * (float(own[common].sum()) + prior * per_period) / (expected + prior * per_period)
