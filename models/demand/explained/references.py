"""The reference of each group: what the forecast is re-run with when the group takes no part.

* calendar: an average period, the mean of what the trees say over the calendars of the reference year;
* level and trend: the mean of the reference year carried flat over past and future (the naive forecast);
* drivers: the same mean over what the drivers were in those periods (of the same dates, so that calendar and drivers
  stay together).  At the mean of the drivers themselves trees of differences would go on rising or falling, step after
  step: they know a driver's level by the change that came with it;
* population: today's population.

The reference year is the last 12 months, 52 weeks or 364 days of the series, or all of it when it is shorter.
"""

from collections.abc import Mapping, Sequence

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


def reference_dates(config: DemandConfig, observations: pd.DataFrame) -> pd.DatetimeIndex:
    """The periods of the reference year that stand for an average period, earliest first."""
    return pd.DatetimeIndex(sorted(observations["ds"].unique()))[-YEAR[config.period] :: EVERY[config.period]]


def reference_calendars(config: DemandConfig, dates: pd.DatetimeIndex, drivers: DriverTable | None) -> pd.DataFrame:
    """The calendar features of the reference dates, one row each; no column when there are none."""
    table = pd.DataFrame({name: _feature(dates, name) for name in config.lightgbm.date_features}, index=dates)
    if drivers is not None:
        columns = [name for name in drivers.columns if drivers.groups[name] == "calendar"]
        table = table.join(drivers.frame.drop_duplicates("ds").set_index("ds")[columns], how="left")
    return table


def reference_drivers(dates: pd.DatetimeIndex, drivers: DriverTable, ids: Sequence[str]) -> np.ndarray:
    """float64[ids, dates, columns]: the drivers of each series at the reference dates."""
    columns = [name for name in drivers.columns if drivers.groups[name] == "drivers"]
    wanted = pd.MultiIndex.from_product([list(ids), dates], names=["unique_id", "ds"])
    table = drivers.frame.set_index(["unique_id", "ds"])[columns].reindex(wanted)
    return table.to_numpy(float).reshape(len(ids), len(dates), len(columns))


def _feature(dates: pd.DatetimeIndex, name: DateFeature) -> np.ndarray:
    """As mlforecast takes it from the dates (compared in a test)."""
    return np.asarray(dates.isocalendar()["week"] if name == "week" else getattr(dates, name), float)
