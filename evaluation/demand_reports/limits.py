"""Until when must it have happened: a dated, age-dependent table of limits, in days or working days."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.demand_reports.settings import Limit
from features.panel import public_holidays


def deadlines(limits: Sequence[Limit], level: str, asked: pd.Series, age: pd.Series) -> pd.Series:
    """The last day by which each matter, asked for on a day by someone of an age, must be dealt with.

    NaT where no limit of the level holds on that day for that age.  The day of asking is day 0; a working-day limit
    skips Saturdays, Sundays and Finland's public holidays (Administrative Procedure practice: the day itself is not
    counted).
    """
    day = asked.dt.normalize()
    found = pd.Series(pd.NaT, index=asked.index, dtype="datetime64[ns]")
    for limit in limits:
        if limit.level == level:
            chosen = _holds(limit, day, age)
            found[chosen] = _after(day[chosen], limit)
    return found


def _holds(limit: Limit, day: pd.Series, age: pd.Series) -> pd.Series:
    low, high = limit.ages
    dated = day >= pd.Timestamp(limit.valid_from)
    if limit.valid_to is not None:
        dated &= day < pd.Timestamp(limit.valid_to)
    return dated & (age >= low) & (age < high)


def _after(day: pd.Series, limit: Limit) -> pd.Series:
    if not limit.working_days or day.empty:
        return day + pd.Timedelta(days=limit.days)
    off = public_holidays(int(day.dt.year.min()), int(day.dt.year.max()) + 1)
    moved = np.busday_offset(day.to_numpy("datetime64[D]"), limit.days, roll="backward", holidays=off)
    return pd.Series(moved.astype("datetime64[ns]"), index=day.index)
