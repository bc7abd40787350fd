"""Population between statistical years: interpolated, and carried forward from the last one that was known."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from configs.errors import DataError
from features.panel.dimensions import BAND_EDGES, BANDS
from features.panel.drivers import known_before
from models.demand.drivers.config import PopulationDriver

OLDEST = 200
AGES: Mapping[str, tuple[int, int]] = {
    band: (low, high - 1) for band, low, high in zip(BANDS, (0, *BAND_EDGES), (*BAND_EDGES, OLDEST + 1), strict=True)
}
"""Age band of a series → first and last age."""
DAYS_PER_YEAR = 365.25


def persons_on(
    records: pd.DataFrame,
    area: str,
    ages: tuple[int, int],
    days: pd.DatetimeIndex,
    as_of: pd.Timestamp,
    rule: PopulationDriver,
) -> np.ndarray:
    """float64[days]: persons of these ages in the area, by what was recorded before `as_of`.

    Between two 31 Decembers on a geometric line; before the first known one as on it; after the last one by the mean
    growth of the last `growth_years` known years, or level.  Raises DataError when nothing is known or an age band of
    the statistics lies across an edge of `ages`.
    """
    known = known_before(records[records["area"] == area], as_of)
    inside = known[_inside(known, area, ages)]
    yearly = inside.groupby("day")["persons"].sum()
    if yearly.empty:
        raise DataError(
            f"The driver population knows nothing of the area {area} before {as_of.date().isoformat()}. "
            "Ingest population statistics of every area or remove `drivers.population`."
        )
    if (yearly <= 0).any():
        return np.ones(len(days))  # nobody of these ages: nothing to scale by
    return np.exp(_log_persons(yearly, days, rule))


def _log_persons(yearly: pd.Series, days: pd.DatetimeIndex, rule: PopulationDriver) -> np.ndarray:
    when = _years(pd.DatetimeIndex(yearly.index))
    logs, wanted = np.log(yearly.to_numpy(float)), _years(days)
    found = np.interp(wanted, when, logs)
    if rule.carry == "level" or len(logs) < 2:
        return found
    first = max(len(logs) - 1 - rule.growth_years, 0)
    slope = (logs[-1] - logs[first]) / (when[-1] - when[first])
    return found + slope * np.clip(wanted - when[-1], 0.0, None)


def _inside(known: pd.DataFrame, area: str, ages: tuple[int, int]) -> pd.Series:
    inside = (known["low"] >= ages[0]) & (known["high"] <= ages[1])
    across = ~inside & (known["low"] <= ages[1]) & (known["high"] >= ages[0])
    if across.any():
        first = known[across].iloc[0]
        raise DataError(
            f"The population's age band {first['low']}-{first['high']} of the area {area} lies across the ages "
            f"{ages[0]}-{ages[1]} of a series. Ingest finer age bands or remove `drivers.population`."
        )
    return inside


def _years(days: pd.DatetimeIndex) -> np.ndarray:
    return (days - pd.Timestamp("2000-01-01")).days.to_numpy(float) / DAYS_PER_YEAR
