"""The quick members of a sheet's forecast: seasonal naive, Theta, LightGBM and the mean of the last two."""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

from models.demand.config import DemandConfig
from models.demand.forecasters import boosted
from models.demand.sheet_default import known_future, theta
from models.demand.sheet_default.reading import periods_after

MEMBERS = ("seasonal_naive", "theta", "lightgbm", "mean")
LOCAL = ("seasonal_naive", "theta", "mean")
"""Members of a series by itself; its `mean` is that of the other two."""
FIRST = "mean"
"""Served where no window can choose."""

Forecaster = Callable[[pd.DataFrame, DemandConfig, int], pd.DataFrame]


def forecast(panel: pd.DataFrame, config: DemandConfig, horizon: int) -> pd.DataFrame:
    """`unique_id, ds` and MEMBERS: the next `horizon` periods after the last date of the panel, for every series of it.

    Every series must reach the last date.
    """
    rows = _local(panel, config, horizon)
    with warnings.catch_warnings():  # a series shorter than the longest lag teaches the trees nothing; it is forecast
        warnings.filterwarnings("ignore", message="The following series were dropped completely")
        trees = boosted.predict(boosted.fit(panel, config.lightgbm, config.freq, config.season_length), horizon)
    rows = rows.merge(trees, on=["unique_id", "ds"], how="left", validate="one_to_one")
    return rows.assign(mean=rows[["theta", "lightgbm"]].mean(axis=1))


def forecast_alone(panel: pd.DataFrame, config: DemandConfig, horizon: int) -> pd.DataFrame:
    """`unique_id, ds` and LOCAL: as `forecast`, of each series' own values only."""
    rows = _local(panel, config, horizon)
    return rows.assign(mean=rows[["theta", "seasonal_naive"]].mean(axis=1))


def _local(panel: pd.DataFrame, config: DemandConfig, horizon: int) -> pd.DataFrame:
    wide = panel.pivot(index="unique_id", columns="ds", values="y").sort_index()
    values = wide.to_numpy(float)
    ahead = periods_after(pd.Timestamp(wide.columns[-1]), horizon, config.period)
    rows = pd.MultiIndex.from_product([wide.index, ahead], names=["unique_id", "ds"]).to_frame(index=False)
    rows["seasonal_naive"] = _naive(values, config.season_length, horizon).ravel()
    rows["theta"] = theta.forecast(values, config.season_length, horizon).ravel()
    return rows


def with_columns(
    panel: pd.DataFrame, ahead: pd.DataFrame, columns: tuple[str, ...], config: DemandConfig, horizon: int
) -> pd.DataFrame:
    """The same forecast with the effect of known-future columns; `ahead` holds them for the next periods."""
    effects = known_future.fit_effects(panel, columns)
    table = forecast(known_future.without(panel, effects), config, horizon)
    known = table[["unique_id", "ds"]].merge(ahead[["unique_id", "ds", *columns]], on=["unique_id", "ds"], how="left")
    changed = {name: known_future.put_back(table[name].to_numpy(), known, effects) for name in MEMBERS}
    return table.assign(**changed)


def _naive(values: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """Last season repeated; the last value where a season is not known."""
    periods = values.shape[1]
    if periods < season:
        return np.repeat(values[:, -1:], horizon, axis=1)
    found = values[:, periods - season + np.arange(horizon) % season]
    return np.where(np.isfinite(found), found, values[:, -1:])
