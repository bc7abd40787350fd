"""Members fitted once that forecast from any origin: the cheap way to many residual windows.

Only the level of each series is followed up to an origin; trees and constants stay as they were fitted.  For trees the
origins must lie after the last period they were fitted on: they know the rows they learned from too well.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from mlforecast import MLForecast

from configs.errors import ModelError
from models.demand.config import DemandConfig
from models.demand.forecasters import boosted, rhythm
from models.demand.forecasters.matrix import PanelMatrix
from models.demand.forecasters.rhythm import FittedRhythm

Unrefitted = Literal["seasonal_naive", "rhythm", "lightgbm", "mean"]
TREES: tuple[Unrefitted, ...] = ("lightgbm", "mean")
MEAN_OF: tuple[Unrefitted, ...] = ("rhythm", "lightgbm")
ROWS_AT_ONCE = 1_500_000
"""Rows of history handed to mlforecast at once: bounds the memory of many series x origins."""
TAUGHT_SERIES = 2000
"""Series that the trees are fitted on, spread evenly over the ids: one global model learns little from more."""
SPARE = 8
"""Periods of history beyond the longest lag: what differences and rolling means need."""


@dataclass(frozen=True)
class OnceFitted:
    """What was fitted on the periods up to and including place `until`."""

    config: DemandConfig
    until: int
    shape: FittedRhythm
    trees: MLForecast | None

    def predict(self, member: Unrefitted, history: PanelMatrix, origins: np.ndarray, horizon: int) -> np.ndarray:
        """[series, origin, step] of one member."""
        if member == "seasonal_naive":
            return _seasonal_naive(history, origins, horizon, self.config.season_length)
        if member == "rhythm":
            return rhythm.predict_from(self.shape, history, origins, horizon)
        if member == "lightgbm":
            return self._boosted(history, origins, horizon)
        parts = [self.predict(name, history, origins, horizon) for name in MEAN_OF]
        return np.asarray(np.mean(parts, axis=0))

    def predict_each(
        self, members: Sequence[Unrefitted], history: PanelMatrix, origins: np.ndarray, horizon: int
    ) -> dict[Unrefitted, np.ndarray]:
        """[series, origin, step] of several members; the trees are asked once."""
        found: dict[Unrefitted, np.ndarray] = {
            name: self.predict(name, history, origins, horizon) for name in members if name != "mean"
        }
        if "mean" in members:
            absent = [name for name in MEAN_OF if name not in found]
            found |= {name: self.predict(name, history, origins, horizon) for name in absent}
            found["mean"] = np.mean([found[name] for name in MEAN_OF], axis=0)
        return {name: found[name] for name in members}

    def _boosted(self, history: PanelMatrix, origins: np.ndarray, horizon: int) -> np.ndarray:
        if self.trees is None:
            raise ModelError("The trees were not fitted. Name `lightgbm` among the members.")
        length = longest_lag(self.config) + SPARE
        found = np.empty((len(history.ids), len(origins), horizon))
        chunk = max(ROWS_AT_ONCE // (length * len(origins)), 1)
        for first in range(0, len(history.ids), chunk):
            rows = slice(first, first + chunk)
            found[rows] = _recursed(self.trees, history.values[rows], history.dates, origins, horizon, length)
        return found


def fit_once(history: PanelMatrix, config: DemandConfig, until: int) -> OnceFitted:
    """Fit rhythm, and the trees where the config names them, on what was known after the period at place `until`."""
    known = history.until(until)
    wants_trees = any(name in config.members for name in TREES)
    trees = None
    if wants_trees:
        some = known.of([str(one) for one in known.ids[:: max(-(-len(known.ids) // TAUGHT_SERIES), 1)]])
        trees = boosted.fit(_panel(some), config.lightgbm, config.freq, config.season_length)
    return OnceFitted(config, until, rhythm.fit_matrix(known, config.rhythm), trees)


def longest_lag(config: DemandConfig) -> int:
    """Periods of history that the trees' features look back on."""
    recipe = config.lightgbm
    seasonal = recipe.seasonal_rolling * config.season_length
    return max((*recipe.lags, *(one + 1 for one in recipe.rolling), seasonal + 1))


def _seasonal_naive(history: PanelMatrix, origins: np.ndarray, horizon: int, season: int) -> np.ndarray:
    steps = np.arange(horizon)
    return history.values[:, origins[:, None] - season + 1 + steps % season]


def _panel(known: PanelMatrix) -> pd.DataFrame:
    rows, columns = np.nonzero(~np.isnan(known.values))
    return pd.DataFrame({"unique_id": known.ids[rows], "ds": known.dates[columns], "y": known.values[rows, columns]})


def _recursed(
    trees: MLForecast, values: np.ndarray, dates: pd.DatetimeIndex, origins: np.ndarray, horizon: int, length: int
) -> np.ndarray:
    """Every (series, origin) pair as a series of its own with the last `length` periods, all in one recursion.

    A pair whose last periods were not all observed is unknown.
    """
    back = origins[:, None] + np.arange(1 - length, 1)
    tails = values[:, back]
    row, place = np.nonzero(~np.isnan(tails).any(axis=2))
    found = np.full((len(values), len(origins), horizon), np.nan)
    if len(row):
        tail = pd.DataFrame(
            {
                "unique_id": np.repeat(np.arange(len(row)), length),
                "ds": dates.to_numpy()[back[place]].ravel(),
                "y": tails[row, place].ravel(),
            }
        )
        said: Any = trees.predict(horizon, new_df=tail)
        found[row, place] = np.maximum(said["lightgbm"].to_numpy(float).reshape(len(row), horizon), 0.0)
    return found
