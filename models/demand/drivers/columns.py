"""The columns of each driver: one value per area (or for all) and period, known on the day of the forecast."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from features.panel.calendar import calendar
from features.panel.drivers import known_before
from features.panel.periods import Period, following, last_whole, period_starts

CHANGE = "_change"
NEIGHBOURS = 1
"""Periods on either side that a seasonal mean takes in."""


def calendar_columns(periods: pd.DatetimeIndex, period: Period, names: Sequence[str]) -> pd.DataFrame:
    """`ds`, each named column of the Finnish calendar, and its change from the period before.

    The trees forecast changes: a week with a holiday falls, the week after it rises, and both must be seen.
    """
    before = periods[0] - (following(periods[0], period) - periods[0])
    table = calendar(before if period != "month" else periods[0] - pd.DateOffset(months=1), periods[-1], period)
    changes = {name + CHANGE: table[name].diff() for name in names}
    return table[["ds", *names]].assign(**changes).iloc[1:].astype(dict.fromkeys(names, float))


def open_places(openings: pd.DataFrame, area: str, periods: pd.DatetimeIndex, period: Period) -> np.ndarray:
    """float64[periods]: places in force in the area, mean over the days of each period."""
    mine = openings[openings["area"] == area]
    ends = pd.DatetimeIndex([*periods[1:], following(periods[-1], period)])
    found = np.zeros(len(periods))
    for start, end, places in zip(mine["from"], mine["to"], mine["places"], strict=True):
        first = periods if pd.isna(start) else periods.where(periods > start, start)
        last = ends if pd.isna(end) else ends.where(ends < end, end)
        found += np.clip((last - first) / (ends - periods), 0.0, 1.0) * places
    return found


def ended_per_period(
    stays: pd.DataFrame,
    area: str,
    periods: pd.DatetimeIndex,
    period: Period,
    as_of: pd.Timestamp,
    lag_days: int,
    season: int,
) -> np.ndarray:
    """float64[periods]: ended stays ÷ the area's own mean; periods not yet complete on `as_of` by the seasonal mean.

    An observed period counts only what was recorded before `as_of`.
    """
    known = known_before(stays[stays["area"] == area], as_of)
    last = last_whole((as_of - pd.Timedelta(days=1)).date(), lag_days, period)
    starts = period_starts(known["day"], period)
    first = starts.min() if len(starts) else last
    counts = starts.value_counts().reindex(periods, fill_value=0).astype(float)
    seen = (periods <= last) & (periods >= first)
    values = np.where(seen, counts.to_numpy(), np.nan)
    mean = np.nanmean(values) if seen.any() else 0.0
    if mean == 0:
        return np.ones(len(periods))
    return _seasonally_filled(values / mean, season)


def _seasonally_filled(values: np.ndarray, season: int) -> np.ndarray:
    """Missing periods by the mean of the same and neighbouring seasons' places in earlier years, or of all."""
    filled = values.copy()
    overall = float(np.nanmean(values))
    for place in np.flatnonzero(np.isnan(values)):
        same = [k for k in range(place % season, len(values), season) if k != place]
        near = [k + d for k in same for d in range(-NEIGHBOURS, NEIGHBOURS + 1) if 0 <= k + d < len(values)]
        known = values[near][~np.isnan(values[near])] if near else np.empty(0)
        filled[place] = known.mean() if len(known) > NEIGHBOURS * 2 else overall
    return filled


def last_expected(needs: pd.DataFrame, area: str, periods: pd.DatetimeIndex) -> np.ndarray:
    """float64[periods]: the newest expected number as of each period's first day ÷ the area's mean; 1 before any."""
    mine = needs[needs["area"] == area].sort_values("as_of")
    if mine.empty or mine["expected"].mean() == 0:
        return np.ones(len(periods))
    place = np.searchsorted(mine["as_of"].to_numpy(), periods.to_numpy(), side="right") - 1
    values = mine["expected"].to_numpy(float) / mine["expected"].mean()
    return np.where(place >= 0, values[place], 1.0)
