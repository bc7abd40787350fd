"""The statistical members, by statsforecast: seasonal naive and ETS."""

import warnings
from typing import cast

import numpy as np
import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import AutoETS, SeasonalNaive


def forecast(panel: pd.DataFrame, freq: str, season: int, horizon: int, ets_seasonal: bool) -> pd.DataFrame:
    """`unique_id, ds, seasonal_naive, ets`: the next `horizon` periods, never below zero.

    ETS is fitted without a season where the season is longer than it can carry (24 periods).  A series shorter than
    one season has no season to repeat: its naive forecast is its last value.
    """
    models = [SeasonalNaive(season_length=season, alias="seasonal_naive"), _ets(season, ets_seasonal)]
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):  # ETS: parameters ≥ observations
        warnings.filterwarnings("ignore", message="Historical data .* is shorter than season_length")  # filled below
        forecasts = StatsForecast(models=models, freq=freq, n_jobs=1).forecast(df=panel, h=horizon)
    found = cast(pd.DataFrame, forecasts)  # pandas in, pandas out; its types also name polars
    last = panel.sort_values("ds").groupby("unique_id")["y"].last()
    return found.assign(
        seasonal_naive=found["seasonal_naive"].fillna(found["unique_id"].map(last)).clip(lower=0.0),
        ets=found["ets"].clip(lower=0.0),
    )


def _ets(season: int, seasonal: bool) -> AutoETS:
    if seasonal:
        return AutoETS(season_length=season, alias="ets")
    return AutoETS(season_length=1, model="ZZN", alias="ets")
