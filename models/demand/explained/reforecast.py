"""The trees' forecast under every coalition of groups: a group that takes no part stands at its reference.

All coalitions of a series are continued side by side in one recursion, so that what a group changes in an early step
is carried into the later ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
import pandas as pd

from models.demand import boosted
from models.demand.config import DemandConfig
from models.demand.drivers.table import KEYS, DriverTable
from models.demand.explained.references import mean_drivers, reference_calendars, reference_level
from models.demand.rebuilt import rebuild

CALENDAR, LEVEL, DRIVERS = "calendar", "level_trend", "drivers"
MARK = "|"
MOST_ROWS = 20_000
"""Series × coalitions that are continued at once: bounds the memory."""


@dataclass(frozen=True)
class Averaging:
    """A Booster that, where the calendar takes no part, says the mean over the reference calendars."""

    booster: lightgbm.Booster
    calendars: pd.DataFrame
    absent: np.ndarray
    """bool[rows]: True where the calendar takes no part, in the order in which the series are asked."""

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """float64[rows]: the next change of log(1 + y)."""
        found = np.empty(len(rows))
        found[~self.absent] = self._ask(rows[~self.absent].to_numpy(float))
        found[self.absent] = self._mean(rows[self.absent])
        return found

    def _mean(self, rows: pd.DataFrame) -> np.ndarray:
        places = rows.columns.get_indexer(self.calendars.columns)
        asked = np.repeat(rows.to_numpy(float)[None], len(self.calendars), axis=0)
        asked[:, :, places] = self.calendars.to_numpy(float)[:, None, :]
        return self._ask(asked.reshape(-1, rows.shape[1])).reshape(len(self.calendars), -1).mean(axis=0)

    def _ask(self, rows: np.ndarray) -> np.ndarray:
        if not len(rows):
            return np.empty(0)
        return np.asarray(self.booster.predict(rows, num_threads=boosted.THREADS))


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
    calendars = reference_calendars(config, observations, drivers)
    ids = sorted(observations["unique_id"].unique())
    parts = []
    for some in _pieces(ids, max(MOST_ROWS >> len(groups), 1)):
        known = observations[observations["unique_id"].isin(some)]
        table = drivers.of(some) if drivers else None
        parts.append(_continued(config, known, booster, table, horizon, groups, calendars))
    return pd.concat(parts, ignore_index=True)


def _continued(
    config: DemandConfig,
    observations: pd.DataFrame,
    booster: lightgbm.Booster,
    drivers: DriverTable | None,
    horizon: int,
    groups: Sequence[str],
    calendars: pd.DataFrame,
) -> pd.DataFrame:
    n = 2 ** len(groups)
    at_today = drivers.joined(observations) if drivers else observations[[*KEYS, "y"]]
    stacked = pd.concat([_marked(_history(config, observations, at_today, groups, c), c) for c in range(n)])
    future = _future(config, observations, drivers, groups, horizon)
    ids = sorted(stacked["unique_id"].unique())
    absent = np.array([CALENDAR in groups and not _takes_part(CALENDAR, groups, _coalition(one)) for one in ids])
    model = Averaging(booster, calendars, absent)
    forecaster = rebuild(config, stacked.reset_index(drop=True), model)
    found = forecaster.predict(horizon, X_df=future)
    found = found.assign(coalition=found["unique_id"].map(_coalition), unique_id=found["unique_id"].map(_series))
    wide = found.assign(y=found[boosted.MEMBER].clip(lower=0.0)).pivot(index=KEYS, columns="coalition", values="y")
    return wide.reset_index().rename_axis(columns=None)


def _history(
    config: DemandConfig, observations: pd.DataFrame, at_today: pd.DataFrame, groups: Sequence[str], coalition: int
) -> pd.DataFrame:
    if _takes_part(LEVEL, groups, coalition):
        return at_today
    level = reference_level(observations, config.period)
    return at_today.assign(y=at_today["unique_id"].map(level))


def _future(
    config: DemandConfig, observations: pd.DataFrame, drivers: DriverTable | None, groups: Sequence[str], horizon: int
) -> pd.DataFrame | None:
    """The driver columns of every coalition's horizon; None when the trees see none."""
    if drivers is None or not drivers.columns:
        return None
    last = observations["ds"].max()
    ahead = drivers.frame[drivers.frame["ds"] > last].groupby("unique_id").head(horizon)[[*KEYS, *drivers.columns]]
    means = mean_drivers(config, observations, drivers)
    neutral = ahead.assign(**{name: ahead["unique_id"].map(means[name]) for name in means.columns})
    parts = [_marked(ahead if _takes_part(DRIVERS, groups, c) else neutral, c) for c in range(2 ** len(groups))]
    return pd.concat(parts, ignore_index=True)


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
