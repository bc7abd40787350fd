"""How many people who are not yet clients will count within the horizon: past rates, and how much they scatter.

One cell of the past = the people of one area and age band on one day (`origin`) who were not clients then: `exposed`,
and how many of them counted within the horizon: `events`.  Windows may overlap; a rate is a mean over them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.areas.estimates import LEVELS, Estimate

CELL = ["origin", "area", "band"]
NEVER_SEEN = Estimate(0.0, 0.0)


@dataclass(frozen=True)
class Weighing:
    """How the past is weighed."""

    half_life_days: int
    """A window this much older counts half."""
    prior_events: float
    """An area's own rate counts as much as the county's when this many of its people have counted."""


@dataclass(frozen=True)
class Rates:
    """What the past says: a rate by age band, a factor by area, and how much more counts scatter than by chance."""

    by_band: Mapping[str, float]
    factor: Mapping[str, float]
    events: Mapping[str, float]
    """Weighted events by area."""
    prior_events: float
    area_spread: float
    """Relative variance of an area's count beyond Poisson's."""
    county_spread: float
    """The same of the whole county's count."""


def fit_rates(cells: pd.DataFrame, at: pd.Timestamp, weighing: Weighing) -> Rates:
    """Rates from `cells` (origin, area, band, exposed, events), recent windows first; gamma-Poisson factor per area.

    The factor (events + prior) / (expected + prior) draws an area with few events towards the county (Clayton & Kaldor
    1987, Biometrics 43:671).
    """
    weight = 0.5 ** ((at - cells["origin"]).dt.days / weighing.half_life_days)
    weighed = cells.assign(exposed=cells["exposed"] * weight, events=cells["events"] * weight)
    bands = weighed.groupby("band")[["exposed", "events"]].sum()
    by_band = {str(band): _ratio(row.events, row.exposed) for band, row in bands.iterrows()}
    expected = weighed["exposed"] * weighed["band"].map(by_band)
    areas = weighed.assign(expected=expected).groupby("area")[["expected", "events"]].sum()
    prior = weighing.prior_events
    factor = {str(area): (row.events + prior) / (row.expected + prior) for area, row in areas.iterrows()}
    fitted = cells["exposed"] * cells["band"].map(by_band) * cells["area"].map(factor)
    table = cells.assign(fitted=fitted)
    return Rates(
        by_band=by_band,
        factor=factor,
        events={str(area): float(row.events) for area, row in areas.iterrows()},
        prior_events=prior,
        area_spread=_spread(table, ["origin", "area"]),
        county_spread=_spread(table, ["origin"]),
    )


def forecast(rates: Rates, exposed: pd.DataFrame) -> dict[str, Estimate]:
    """Per area the people who will count, from those `exposed` (area, band, exposed) today.

    Variance: Poisson's, the spread seen between windows, and that of the area's own rate (gamma: 1 / events).
    An area with no past of its own has the county's rate.
    """
    each = exposed["exposed"] * exposed["band"].map(rates.by_band).fillna(0.0)
    summed = each.groupby(exposed["area"]).apply(lambda values: math.fsum(values.tolist()))
    return {str(area): _area(rates, str(area), float(value)) for area, value in summed.items()}


def county_of_new(rates: Rates, areas: Mapping[str, Estimate]) -> Estimate:
    """The areas together: their variances added, or what the county's own scatter says when that is more."""
    value = math.fsum(area.value for area in areas.values())
    added = math.fsum(area.variance for area in areas.values())
    return Estimate(value, max(added, value + value**2 * rates.county_spread))


def backtest(
    cells: pd.DataFrame, reach_days: int, settle_days: int, minimum_windows: int, weighing: Weighing
) -> pd.DataFrame:
    """Each past origin forecast from windows that had ended, and been recorded, before it.

    Returns origin, area ("" = the whole county), observed, value, inside80, inside95.
    """
    lines: list[dict[str, object]] = []
    for origin in sorted(pd.Timestamp(day) for day in cells["origin"].unique()):
        asked = cells[cells["origin"] == origin]
        ended = cells["origin"] <= origin - pd.Timedelta(days=reach_days + settle_days)
        past = cells[ended]
        if past["origin"].nunique() >= minimum_windows:
            lines += _tried(past, asked, origin, weighing)
    return pd.DataFrame(lines, columns=["origin", "area", "observed", "value", "inside80", "inside95"])


def _tried(
    past: pd.DataFrame, asked: pd.DataFrame, origin: pd.Timestamp, weighing: Weighing
) -> list[dict[str, object]]:
    rates = fit_rates(past, origin, weighing)
    areas = forecast(rates, asked)
    observed = {str(area): float(count) for area, count in asked.groupby("area")["events"].sum().items()}
    lines = [_line(origin, area, observed[area], estimate) for area, estimate in areas.items()]
    return [*lines, _line(origin, "", sum(observed.values()), county_of_new(rates, areas))]


def _line(origin: pd.Timestamp, area: str, observed: float, estimate: Estimate) -> dict[str, object]:
    inside = {}
    for level in LEVELS:
        low, high = estimate.interval(level)
        inside[f"inside{level * 100:.0f}"] = low <= observed <= high
    return {"origin": origin, "area": area, "observed": observed, "value": estimate.value, **inside}


def _area(rates: Rates, area: str, expected: float) -> Estimate:
    value = expected * rates.factor.get(area, 1.0)
    unsure = rates.area_spread + _ratio(1.0, rates.events.get(area, 0.0) + rates.prior_events)
    return Estimate(value, value + value**2 * unsure)


def _spread(table: pd.DataFrame, keys: list[str]) -> float:
    """Moment estimate of a in variance = m + a m^2, over sums of the cells; 0 when they scatter no more than Poisson.

    Source: Cameron & Trivedi 2013, Regression Analysis of Count Data, §3.3.
    """
    sums = table.groupby(keys)[["events", "fitted"]].sum()
    mean = sums["fitted"].to_numpy(np.float64)
    more = (sums["events"].to_numpy(np.float64) - mean) ** 2 - mean
    return max(0.0, _ratio(float(more.sum()), float((mean**2).sum())))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else 0.0
