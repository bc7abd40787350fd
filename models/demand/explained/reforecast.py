"""The trees' forecast under every coalition of groups: a group that takes no part stands at its reference.

All coalitions of a series are continued side by side in one recursion, so that what a group changes in an early step
is carried into the later ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
import pandas as pd

from models.demand.config import DemandConfig
from models.demand.drivers.table import KEYS, DriverTable
from models.demand.explained.references import (
    reference_calendars,
    reference_dates,
    reference_drivers,
    reference_level,
)
from models.demand.forecasters import boosted
from models.demand.forecasters.rebuilt import rebuild

CALENDAR, LEVEL, DRIVERS = "calendar", "level_trend", "drivers"
MARK = "|"
MOST_ROWS = 20_000
"""Series × coalitions that are continued at once: bounds the memory."""


@dataclass(frozen=True)
class Reference:
    """What a group that takes no part is asked with: the values of some columns in each reference period."""

    columns: Sequence[str]
    values: np.ndarray
    """float64[series asked, periods, columns]."""
    absent: np.ndarray
    """bool[series asked]: True where the group takes no part, in the order in which the series are asked."""


@dataclass(frozen=True)
class Averaging:
    """A Booster that, where groups take no part, says the mean over the reference periods."""

    booster: lightgbm.Booster
    references: Sequence[Reference]

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """float64[rows]: the next change of log(1 + y)."""
        found = np.empty(len(rows))
        pattern = np.zeros(len(rows), int)
        for bit, one in enumerate(self.references):
            pattern += one.absent.astype(int) << bit
        for code in np.unique(pattern):
            here = np.flatnonzero(pattern == code)
            out = [one for bit, one in enumerate(self.references) if code >> bit & 1]
            found[here] = self._mean(rows, here, out)
        return found

    def _mean(self, rows: pd.DataFrame, here: np.ndarray, out: Sequence[Reference]) -> np.ndarray:
        values = rows.to_numpy(float)[here]
        periods = out[0].values.shape[1] if out else 1
        asked = np.repeat(values[:, None], periods, axis=1)
        for one in out:
            asked[:, :, rows.columns.get_indexer(pd.Index(one.columns))] = one.values[here]
        said = self.booster.predict(asked.reshape(-1, values.shape[1]), num_threads=boosted.THREADS)
        return np.asarray(said).reshape(len(here), periods).mean(axis=1)


def tree_groups(config: DemandConfig, drivers: DriverTable | None) -> tuple[str, ...]:
    """The groups that the trees can see, in a fixed order."""
    seen = set(drivers.groups.values()) if drivers else set()
    calendar = bool(config.lightgbm.date_features) or "calendar" in seen
    return tuple(name for name, has in ((CALENDAR, calendar), (LEVEL, True), (DRIVERS, "drivers" in seen)) if has)


def coalition_forecasts(
    config: DemandConfig,
    observations: pd.DataFrame,
    booster: lightgbm.Booster,
    drivers: DriverTable | None,
    horizon: int,
) -> pd.DataFrame:
    """`unique_id, ds` and one column per coalition (0 … 2^groups − 1, bit k = `tree_groups[k]` takes part).

    Values are at today's population, in the unit of y per period, never below zero; the last column is the forecast.
    """
    groups = tree_groups(config, drivers)
    dates = reference_dates(config, observations)
    ids = sorted(observations["unique_id"].unique())
    parts = []
    for some in _pieces(ids, max(MOST_ROWS >> len(groups), 1)):
        known = observations[observations["unique_id"].isin(some)]
        table = drivers.of(some) if drivers else None
        parts.append(_continued(config, known, booster, table, horizon, groups, dates))
    return pd.concat(parts, ignore_index=True)


def _continued(
    config: DemandConfig,
    observations: pd.DataFrame,
    booster: lightgbm.Booster,
    drivers: DriverTable | None,
    horizon: int,
    groups: Sequence[str],
    dates: pd.DatetimeIndex,
) -> pd.DataFrame:
    n = 2 ** len(groups)
    at_today = drivers.joined(observations) if drivers else observations[[*KEYS, "y"]]
    stacked = pd.concat([_marked(_history(config, observations, at_today, groups, c), c) for c in range(n)])
    ids = sorted(stacked["unique_id"].unique())
    model = Averaging(booster, _references(config, drivers, groups, dates, ids))
    forecaster = rebuild(config, stacked.reset_index(drop=True), model)
    found = forecaster.predict(horizon, X_df=_future(observations, drivers, horizon, n))
    found = found.assign(coalition=found["unique_id"].map(_coalition), unique_id=found["unique_id"].map(_series))
    wide = found.assign(y=found[boosted.MEMBER].clip(lower=0.0)).pivot(index=KEYS, columns="coalition", values="y")
    return wide.reset_index().rename_axis(columns=None)


def _references(
    config: DemandConfig,
    drivers: DriverTable | None,
    groups: Sequence[str],
    dates: pd.DatetimeIndex,
    marked: Sequence[str],
) -> list[Reference]:
    """Of the calendar (the same for every series) and the drivers (each series' own), where the trees see them."""
    found = []
    if CALENDAR in groups:
        calendars = reference_calendars(config, dates, drivers)
        values = np.broadcast_to(calendars.to_numpy(float), (len(marked), *calendars.shape))
        found.append(Reference(list(calendars.columns), values, _absent(CALENDAR, groups, marked)))
    if DRIVERS in groups and drivers is not None:
        columns = [name for name in drivers.columns if drivers.groups[name] == DRIVERS]
        values = reference_drivers(dates, drivers, [_series(one) for one in marked])
        found.append(Reference(columns, values, _absent(DRIVERS, groups, marked)))
    return found


def _absent(group: str, groups: Sequence[str], marked: Sequence[str]) -> np.ndarray:
    return np.array([not _takes_part(group, groups, _coalition(one)) for one in marked])


def _history(
    config: DemandConfig, observations: pd.DataFrame, at_today: pd.DataFrame, groups: Sequence[str], coalition: int
) -> pd.DataFrame:
    if _takes_part(LEVEL, groups, coalition):
        return at_today
    level = reference_level(observations, config.period)
    return at_today.assign(y=at_today["unique_id"].map(level))


def _future(
    observations: pd.DataFrame, drivers: DriverTable | None, horizon: int, coalitions: int
) -> pd.DataFrame | None:
    """The driver columns of the horizon for every coalition; None when the trees see none."""
    if drivers is None or not drivers.columns:
        return None
    last = observations["ds"].max()
    ahead = drivers.frame[drivers.frame["ds"] > last].groupby("unique_id").head(horizon)[[*KEYS, *drivers.columns]]
    return pd.concat([_marked(ahead, c) for c in range(coalitions)], ignore_index=True)


def _takes_part(group: str, groups: Sequence[str], coalition: int) -> bool:
    return group in groups and bool(coalition >> groups.index(group) & 1)


def _marked(rows: pd.DataFrame, coalition: int) -> pd.DataFrame:
    return rows.assign(unique_id=f"{coalition}{MARK}" + rows["unique_id"].astype(str))


def _coalition(marked: str) -> int:
    return int(marked.split(MARK, 1)[0])


def _series(marked: str) -> str:
    return marked.split(MARK, 1)[1]


def _pieces(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
