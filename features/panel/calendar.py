"""The Finnish calendar of each period, past and future: known in advance, so it may drive a forecast."""

from functools import lru_cache

import holidays
import numpy as np
import pandas as pd

from features.panel.periods import FREQUENCIES, Period, following

SATURDAY = 5


def calendar(first: pd.Timestamp, last: pd.Timestamp, period: Period) -> pd.DataFrame:
    """`ds, days, working_days, holidays` of every period from `first` to `last` (first days, both included).

    Working days are Monday to Friday that are no day off by the calendar of Finland (public holidays, Christmas Eve,
    Midsummer Eve); holidays are those days off that fall on Monday to Friday.
    """
    starts = pd.date_range(first, last, freq=FREQUENCIES[period])
    if starts.empty:
        return pd.DataFrame({"ds": starts, "days": [], "working_days": [], "holidays": []})
    days = pd.date_range(starts[0], following(starts[-1], period) - pd.Timedelta(days=1), freq="D")
    weekday = np.asarray(days.weekday < SATURDAY)
    off = np.isin(days.to_numpy().astype("datetime64[D]"), public_holidays(days[0].year, days[-1].year))
    place = np.searchsorted(starts.to_numpy(), days.to_numpy(), side="right") - 1
    counted = {"days": np.ones(len(days), bool), "working_days": weekday & ~off, "holidays": weekday & off}
    return pd.DataFrame(
        {"ds": starts, **{name: np.bincount(place, chosen, len(starts)) for name, chosen in counted.items()}}
    )


@lru_cache
def public_holidays(first_year: int, last_year: int) -> np.ndarray:
    """datetime64[D] of Finland's public holidays of these years, both included."""
    found = holidays.country_holidays("FI", years=range(first_year, last_year + 1))
    return np.array(sorted(found), "datetime64[D]")
