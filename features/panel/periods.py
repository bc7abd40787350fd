"""Days, weeks and months as periods: where each begins, and which were observed to their end."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal

import pandas as pd

Period = Literal["day", "week", "month"]
FREQUENCIES: Mapping[Period, str] = {"month": "MS", "week": "W-MON", "day": "D"}
STARTS: Mapping[Period, str] = {"month": "by its first day", "week": "by its Monday", "day": "by its date"}


def period_starts(times: pd.Series, period: Period) -> pd.Series:
    """The first day of the period that each time lies in."""
    days = times.dt.normalize()
    if period == "day":
        return days
    back = days.dt.weekday if period == "week" else days.dt.day - 1
    return days - pd.to_timedelta(back, unit="D")


def start_of(day: pd.Timestamp, period: Period) -> pd.Timestamp:
    """The first day of the period that `day` lies in."""
    return pd.Timestamp(period_starts(pd.Series([day]), period).iloc[0])


def following(start: pd.Timestamp, period: Period) -> pd.Timestamp:
    """The first day of the next period."""
    return pd.Timestamp(pd.date_range(start, periods=2, freq=FREQUENCIES[period])[1])


def first_whole(day: pd.Timestamp, period: Period) -> pd.Timestamp:
    """The first period that begins on `day` or later."""
    start = start_of(day.normalize(), period)
    return start if start == day.normalize() else following(start, period)


def last_whole(data_until: date, lag_days: int, period: Period) -> pd.Timestamp:
    """The last period whose every day, and the reporting lag after it, is inside the data."""
    day_after = pd.Timestamp(data_until - timedelta(days=lag_days) + timedelta(days=1))
    return start_of(start_of(day_after, period) - pd.Timedelta(days=1), period)


def last_complete_week(data_until: date, lag_days: int) -> pd.Timestamp:
    """Monday of the last week whose every day, and the lag after it, is inside the data."""
    return last_whole(data_until, lag_days, "week")


def all_between(first: pd.Timestamp, last: pd.Timestamp, period: Period) -> pd.DatetimeIndex:
    """The first days of every period from `first` to `last`, both included; none when `first` is later."""
    return pd.date_range(first, last, freq=FREQUENCIES[period])
