"""Open intervals by period: who is a client on each period, and how much was granted to and delivered to whom."""

import numpy as np
import pandas as pd

from features.panel.periods import Period, all_between, following, period_starts, start_of

DAY = np.timedelta64(1, "D")
MINUTES_PER_HOUR, DAYS_PER_WEEK = 60.0, 7.0


def open_periods(intervals: pd.DataFrame, period: Period, last: pd.Timestamp) -> pd.DataFrame:
    """One row per interval and period until `last` in which it was open, half-open [start, end).

    Adds `ds` (the period's first day), `when` (the first moment in the period at which it was open), `at_start` (open
    at the midnight that begins the period) and `days` (days open inside the period, in fractions).
    """
    held = intervals[~(intervals["end"] <= intervals["start"])]
    starts = all_between(start_of(held["start"].min(), period), last, period) if len(held) else pd.DatetimeIndex([])
    if starts.empty:
        return held.iloc[:0].assign(ds=held["start"], when=held["start"], at_start=False, days=0.0)
    edges = np.append(starts.to_numpy(), following(starts[-1], period).to_numpy())
    begun = held["start"].to_numpy("datetime64[ns]")
    ended = held["end"].fillna(pd.Timestamp(edges[-1])).to_numpy("datetime64[ns]")
    first = np.searchsorted(edges, begun, side="right") - 1
    after = np.minimum(np.searchsorted(edges, ended, side="left"), len(starts))
    many = np.maximum(after - first, 0)
    row = np.repeat(np.arange(len(held)), many)
    place = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)
    opened = np.maximum(begun[row], edges[place])
    closed = np.minimum(ended[row], edges[place + 1])
    return held.iloc[row].assign(
        ds=edges[place], when=opened, at_start=begun[row] <= edges[place], days=(closed - opened) / DAY
    )


def granted_hours(opened: pd.DataFrame) -> np.ndarray:
    """Hours granted on each (interval, period); none said = none granted."""
    weekly = opened["granted_minutes_per_week"].fillna(0).to_numpy(np.float64) / MINUTES_PER_HOUR
    return np.asarray(weekly * opened["days"].to_numpy(np.float64) / DAYS_PER_WEEK)


def shortfall_hours(opened: pd.DataFrame, visits: pd.DataFrame, period: Period) -> np.ndarray:
    """Per client and period: granted minus delivered hours, never below 0; said on the client's first row of it.

    What one client got too much does not make up for what another lacked.  `visits`: client_id, time, minutes.
    """
    client, ds = opened["client_id"].astype(object), opened["ds"]
    granted = pd.Series(granted_hours(opened)).groupby([client.to_numpy(), ds.to_numpy()]).sum()
    hours = visits["minutes"].fillna(0).to_numpy(np.float64) / MINUTES_PER_HOUR
    when = period_starts(visits["time"], period).to_numpy("datetime64[ns]")
    delivered = pd.Series(hours).groupby([visits["client_id"].astype(object).to_numpy(), when]).sum()
    lacking = (granted - delivered.reindex(granted.index).fillna(0.0)).clip(lower=0.0)
    first = ~pd.DataFrame({"client": client, "ds": ds}).duplicated().to_numpy()
    found = lacking.reindex(pd.MultiIndex.from_arrays([client, ds])).to_numpy()
    return np.where(first, found, 0.0)
