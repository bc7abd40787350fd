"""Calendar days, working days of Finland and months between two dates.  The day of asking is day 0."""

import numpy as np
import pandas as pd

from evaluation.indicators.kinds import Clock
from features.panel import public_holidays


def days_between(start: pd.Series, stop: pd.Series, clock: Clock) -> np.ndarray:
    """Days from `start` to `stop` (both dates present); working days count the days after `start` up to `stop`.

    Saturdays, Sundays and Finland's days off (Good Friday, Easter Monday, 6 January, Midsummer Eve, ...) do not count.
    """
    first, last = start.dt.normalize(), stop.dt.normalize()
    if clock != "working":
        return np.asarray((last - first).dt.days, np.float64)
    if first.empty:
        return np.zeros(0)
    one = np.timedelta64(1, "D")
    from_day, to_day = first.to_numpy("datetime64[D]") + one, last.to_numpy("datetime64[D]") + one
    return np.busday_count(from_day, to_day, holidays=_off(first, last)).astype(np.float64)


def deadlines(start: pd.Series, limit: int, clock: Clock, months: bool = False) -> pd.Series:
    """The last day that is still within the limit."""
    day = start.dt.normalize()
    if months:
        return day + pd.DateOffset(months=limit)
    if clock != "working" or day.empty:
        return day + pd.Timedelta(days=limit)
    moved = np.busday_offset(day.to_numpy("datetime64[D]"), limit, roll="backward", holidays=_off(day, day))
    return pd.Series(moved.astype("datetime64[ns]"), index=day.index)


def working_days_to(day: pd.Timestamp, other: pd.Series) -> np.ndarray:
    """Working days from one day to each of the others."""
    return days_between(pd.Series(day, index=other.index), other, "working")


def _off(first: pd.Series, last: pd.Series) -> np.ndarray:
    return public_holidays(int(first.dt.year.min()), int(last.dt.year.max()) + 1)
