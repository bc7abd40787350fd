"""The reference of each group: what the forecast is re-run with when the group takes no part.

* calendar: an average period, the mean of what the trees say over the calendars of the reference year;
* level and trend: the mean of the reference year carried flat over past and future (the naive forecast);
* drivers: their mean of the reference year;
* population: today's population.

The reference year is the last 12 months, 52 weeks or 364 days of the series, or all of it when it is shorter.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from features.panel.periods import Period
from models.demand.config import DateFeature, DemandConfig
from models.demand.drivers.table import DriverTable

YEAR: Mapping[Period, int] = {"month": 12, "week": 52, "day": 364}
"""Periods of the reference year."""
EVERY: Mapping[Period, int] = {"month": 1, "week": 1, "day": 13}
"""Of the reference year's calendars every n-th is asked: 12, 52, and 28 days with every weekday four times."""


def reference_level(observations: pd.DataFrame, period: Period) -> pd.Series:
    """Mean y of the reference year by `unique_id`, in the series' unit per period."""
    return observations.groupby("unique_id")["y"].apply(lambda values: values.iloc[-YEAR[period] :].mean())


def reference_length(observations: pd.DataFrame, period: Period) -> pd.Series:
    """Periods that the reference year of each `unique_id` has."""
    return observations.groupby("unique_id").size().clip(upper=YEAR[period])


def reference_calendars(config: DemandConfig, observations: pd.DataFrame, drivers: DriverTable | None) -> pd.DataFrame:
    """The calendar features of some periods of the reference year, one row each; no column when there are none."""
    dates = pd.DatetimeIndex(sorted(observations["ds"].unique()))[-YEAR[config.period] :: EVERY[config.period]]
    table = pd.DataFrame({name: _feature(dates, name) for name in config.lightgbm.date_features}, index=dates)
    if drivers is not None:
        columns = [name for name in drivers.columns if drivers.groups[name] == "calendar"]
        table = table.join(drivers.frame.drop_duplicates("ds").set_index("ds")[columns], how="inner")
    return table.reset_index(drop=True)


def mean_drivers(config: DemandConfig, observations: pd.DataFrame, drivers: DriverTable) -> pd.DataFrame:
    """The drivers' means of the reference year, one row per `unique_id` (index)."""
    columns = [name for name in drivers.columns if drivers.groups[name] == "drivers"]
    known = drivers.frame.merge(observations[["unique_id", "ds"]], on=["unique_id", "ds"])
    recent = known.sort_values("ds").groupby("unique_id").tail(YEAR[config.period])
    return recent.groupby("unique_id")[columns].mean()


def _feature(dates: pd.DatetimeIndex, name: DateFeature) -> np.ndarray:
    """As mlforecast takes it from the dates (compared in a test)."""
    return np.asarray(dates.isocalendar()["week"] if name == "week" else getattr(dates, name), float)
