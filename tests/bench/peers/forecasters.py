"""Opponents on the Hospital panel, each as its own library says it is to be used: points, intervals and deciles.

Every one returns `unique_id, ds, value, low80, high80, low95, high95, q10 … q90`.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, cast

import lightgbm
import numpy as np
import pandas as pd
from mlforecast import MLForecast
from mlforecast.lag_transforms import ExponentiallyWeightedMean, RollingMean, SeasonalRollingMean
from mlforecast.target_transforms import Differences, LocalStandardScaler
from mlforecast.utils import PredictionIntervals
from statsforecast import StatsForecast
from statsforecast.models import AutoETS, SeasonalNaive

from models.demand.config import DemandConfig
from models.demand.forecasters import boosted
from models.demand.intervals import DECILES

INNER = (20, 40, 60, 80)
PERCENTS = [*INNER, 95]
WINDOWS = 2  # mlforecast's default for conformal intervals

Peer = Callable[[pd.DataFrame, DemandConfig], pd.DataFrame]


def seasonal_naive(panel: pd.DataFrame, config: DemandConfig) -> pd.DataFrame:
    """Last year again, with statsforecast's own intervals."""
    return _statistical(panel, config, SeasonalNaive(config.season_length, alias="value"))


def auto_ets(panel: pd.DataFrame, config: DemandConfig) -> pd.DataFrame:
    """AutoETS with its own (model-based) intervals."""
    return _statistical(panel, config, AutoETS(season_length=config.season_length, alias="value"))


def conformal(panel: pd.DataFrame, config: DemandConfig) -> pd.DataFrame:
    """Our LightGBM recipe with mlforecast's default conformal intervals: two windows, each series by itself."""
    forecaster = boosted_recipe(config)
    intervals = PredictionIntervals(n_windows=WINDOWS, h=config.horizon)
    forecaster.fit(panel, static_features=[], prediction_intervals=intervals)
    found = cast(pd.DataFrame, forecaster.predict(config.horizon, level=cast(Any, PERCENTS)))
    return _named(found.rename(columns=lambda name: str(name).replace("lightgbm", "value")))


def boosted_recipe(config: DemandConfig) -> MLForecast:
    """The recipe, not fitted: MLForecast fits its own cross-validation windows."""
    small = pd.DataFrame(
        {"unique_id": "a", "ds": pd.date_range("2000-01-01", periods=60, freq=config.freq), "y": np.arange(60.0) % 7}
    )
    return boosted.fit(small, config.lightgbm, config.freq, config.season_length)


def leaderboard(panel: pd.DataFrame, config: DemandConfig) -> pd.DataFrame:
    """The leaderboard's recipe: seasonal differences and a scaler per series; the point copied to every quantile."""
    season = config.season_length
    forecaster = MLForecast(
        models={"value": lightgbm.LGBMRegressor(n_estimators=300, num_threads=1, verbosity=-1)},
        freq=config.freq,
        lags=list(range(1, season + 1)),
        lag_transforms={
            1: [
                RollingMean(3),
                RollingMean(season),
                ExponentiallyWeightedMean(0.3),
                SeasonalRollingMean(season, 2, min_samples=1),
            ]
        },
        date_features=["month"],
        target_transforms=[Differences([season]), LocalStandardScaler()],
        num_threads=1,
    )
    long = panel[panel.groupby("unique_id")["y"].transform("size") > 2 * season + 1]
    forecaster.fit(long, static_features=[])
    found = cast(pd.DataFrame, forecaster.predict(config.horizon))
    edges = ("low80", "high80", "low95", "high95", *DECILES.values())
    return found.assign(**dict.fromkeys(edges, found["value"]))


PEERS: Mapping[str, Peer] = {
    "seasonal naive": seasonal_naive,
    "AutoETS": auto_ets,
    "mlforecast conformal": conformal,
    "leaderboard LightGBM": leaderboard,
}


LEAST_PERIODS: Mapping[str, int] = {"mlforecast conformal": 48}
"""Known periods that a peer needs: two windows of 12 months leave 12 of 36, fewer than the recipe's lags."""


def _statistical(panel: pd.DataFrame, config: DemandConfig, model: Any) -> pd.DataFrame:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        run = StatsForecast(models=[model], freq=config.freq, n_jobs=config.jobs)
        found = cast(pd.DataFrame, run.forecast(df=panel, h=config.horizon, level=cast(Any, PERCENTS)))
    return _named(found)


def _named(found: pd.DataFrame) -> pd.DataFrame:
    """The library's `value-lo-80` … as our columns."""
    named = {f"low{percent}": found[f"value-lo-{percent}"] for percent in (80, 95)}
    named |= {f"high{percent}": found[f"value-hi-{percent}"] for percent in (80, 95)}
    for probability, name in DECILES.items():
        percent = round(100 * abs(2 * probability - 1))
        side = "lo" if probability < 0.5 else "hi"
        named[name] = found[f"value-{side}-{percent}"] if percent else found["value"]
    return found[["unique_id", "ds", "value"]].assign(**named)
