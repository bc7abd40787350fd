"""Residual windows: what was forecast and what came, after many origins, as joint paths over the horizon.

Sums over parts and over days are taken of whole paths, so that what errs together stays together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from models.demand.forecasters.matrix import PanelMatrix

SMALLEST_SCALE = 1e-9
SCALE_SEASONS = 52
"""Seasons that the scale looks back on: a series that has grown is scaled by what it is now."""

PredictFrom = Callable[[PanelMatrix, np.ndarray, int], np.ndarray]
"""(history, origins, horizon) → [series, origin, step], each made from the periods up to its origin only."""


@dataclass(frozen=True)
class Windows:
    """Arrays are [series, origin, step]; `scale` is [series, origin]; NaN where there was no forecast."""

    ids: np.ndarray
    origins: np.ndarray
    """Place of the last known period of each origin."""
    forecast: np.ndarray
    actual: np.ndarray
    scale: np.ndarray

    @property
    def horizon(self) -> int:
        return int(self.forecast.shape[2])

    @property
    def errors(self) -> np.ndarray:
        """[series, origin, step]: actual − forecast, in units of the series' scale."""
        return np.asarray((self.actual - self.forecast) / self.scale[:, :, None])

    def some(self, chosen: np.ndarray) -> "Windows":
        """Only these origins (a mask or places)."""
        return Windows(
            self.ids,
            self.origins[chosen],
            self.forecast[:, chosen],
            self.actual[:, chosen],
            self.scale[:, chosen],
        )

    def saying(self, forecast: np.ndarray) -> "Windows":
        """The same windows with other forecasts."""
        return replace(self, forecast=forecast)


def residual_windows(
    history: PanelMatrix, origins: np.ndarray, horizon: int, season: int, predict: PredictFrom
) -> Windows:
    """Forecasts of every origin without refitting: `predict` holds constants that were fitted once."""
    ahead = origins[:, None] + np.arange(1, horizon + 1)
    forecast = np.asarray(predict(history, origins, horizon))
    return Windows(history.ids, origins, forecast, history.values[:, ahead], scales(history.values, origins, season))


def windows_of_table(
    table: pd.DataFrame,
    member: str,
    history: PanelMatrix,
    season: int,
    origins: pd.DatetimeIndex | None = None,
    horizon: int | None = None,
) -> Windows:
    """The windows of a back-test table `unique_id, origin, step, y, <member>` (refitted at every origin).

    `origins` and `horizon` are those of the table unless they are given; rows of other origins are left out.
    """
    when = pd.DatetimeIndex(np.sort(table["origin"].unique())) if origins is None else origins
    table = table[table["origin"].isin(when)]
    places = history.dates.get_indexer(when)
    row = pd.Index(history.ids).get_indexer(pd.Index(table["unique_id"]))
    at = row, when.get_indexer(pd.DatetimeIndex(table["origin"])), table["step"].to_numpy(int) - 1
    steps = int(table["step"].max()) if horizon is None else horizon
    forecast, actual = (np.full((len(history.ids), len(when), steps), np.nan) for _ in range(2))
    forecast[at], actual[at] = table[member].to_numpy(float), table["y"].to_numpy(float)
    return Windows(history.ids, places, forecast, actual, scales(history.values, places, season))


def scales(values: np.ndarray, origins: Sequence[int] | np.ndarray, season: int) -> np.ndarray:
    """[series, origin]: mean |y(t) − y(t − season)| of the last 52 seasons known at each origin.

    The plain difference where that is zero, and 1 where nothing moves.
    """
    width = SCALE_SEASONS * season
    seasonal, plain = (_mean_difference(values, origins, lag, width) for lag in (season, 1))
    found = np.where(seasonal > SMALLEST_SCALE, seasonal, plain)
    return np.where(found > SMALLEST_SCALE, found, 1.0)


def known_mean(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """The mean of what is known; unknown where nothing is."""
    counts = (~np.isnan(values)).sum(axis=axis)
    sums = np.nansum(values, axis=axis)
    return np.divide(sums, counts, out=np.full(np.shape(sums), np.nan), where=counts > 0)


def has_seasonal_scale(values: np.ndarray, season: int) -> np.ndarray:
    """[series]: does any season differ from the one before.  Where none does, MASE is undefined."""
    places = np.array([values.shape[1] - 1])
    return np.asarray(_mean_difference(values, places, season, values.shape[1])[:, 0] > SMALLEST_SCALE)


def _mean_difference(values: np.ndarray, origins: Sequence[int] | np.ndarray, lag: int, width: int) -> np.ndarray:
    moved = np.full(values.shape, np.nan)
    moved[:, lag:] = np.abs(values[:, lag:] - values[:, :-lag])
    seen = ~np.isnan(moved)
    sums, counts = (_running(part) for part in (np.where(seen, moved, 0.0), seen.astype(float)))
    last = np.asarray(origins) + 1
    first = np.maximum(last - width, 0)
    total, count = sums[:, last] - sums[:, first], counts[:, last] - counts[:, first]
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0)


def _running(values: np.ndarray) -> np.ndarray:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
