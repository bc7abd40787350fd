"""The LightGBM member: one global model over all series, on differences of log(1 + y).

The recipe is that of the design notes (measured: MASE .775 alone on the Hospital benchmark).  Trees cannot
extrapolate, so level and growth are taken out by the log and the difference, and put back after the recursion.
"""

from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from mlforecast import MLForecast
from mlforecast.lag_transforms import ExpandingMean, ExponentiallyWeightedMean, RollingMean, SeasonalRollingMean
from mlforecast.target_transforms import Differences, GlobalSklearnTransformer
from sklearn.preprocessing import FunctionTransformer

from models.demand.config import Recipe
from models.demand.drivers.table import DriverTable

THREADS = 1  # threads wait for each other by spinning: under load two took 11.8 s where one took 0.5 s (measured)
MEMBER = "lightgbm"


def fit(panel: pd.DataFrame, recipe: Recipe, freq: str, season: int, drivers: DriverTable | None = None) -> MLForecast:
    """Fit on `unique_id, ds, y`, with driver columns where given.

    Deterministic: the same panel gives the same booster text.  Raises ModelError when a driver lacks a period.
    """
    forecaster = unfitted(recipe, freq, season)
    forecaster.fit(observed(panel, drivers), static_features=[])
    return forecaster


def predict(forecaster: MLForecast, horizon: int, drivers: DriverTable | None = None) -> pd.DataFrame:
    """`unique_id, ds, lightgbm`: the next `horizon` periods of every series, never below zero.

    `drivers` are those of `fit`.  Raises ModelError when one of them lacks a period of the horizon.
    """
    if drivers is None:
        found = forecaster.predict(horizon)
    else:
        periods: Any = forecaster.make_future_dataframe(horizon)
        found = forecaster.predict(horizon, X_df=drivers.ahead(periods))
        found = found.assign(lightgbm=found[MEMBER] * drivers.exposure(found))
    return found.assign(lightgbm=found[MEMBER].clip(lower=0.0))


def unfitted(recipe: Recipe, freq: str, season: int, model: object = None) -> MLForecast:
    """The recipe without trees; `model` takes the place of the regressor."""
    return MLForecast(
        models={MEMBER: _regressor(recipe) if model is None else model},
        freq=freq,
        lags=list(recipe.lags),
        lag_transforms=_lag_transforms(recipe, season),
        date_features=list(recipe.date_features),
        target_transforms=[GlobalSklearnTransformer(FunctionTransformer(np.log1p, np.expm1)), Differences([1])],
        num_threads=1,
    )


def observed(panel: pd.DataFrame, drivers: DriverTable | None) -> pd.DataFrame:
    """What the trees are fitted on."""
    return panel[["unique_id", "ds", "y"]] if drivers is None else drivers.joined(panel)


def booster_text(forecaster: MLForecast) -> str:
    """The fitted trees as LightGBM's own text."""
    models: Any = forecaster.models_
    return str(models[MEMBER].booster_.model_to_string())


def feature_rows(forecaster: MLForecast, panel: pd.DataFrame, drivers: DriverTable | None = None) -> pd.DataFrame:
    """The rows that the trees were fitted on (columns = the booster's features)."""
    rows: Any = forecaster.preprocess(observed(panel, drivers), static_features=[])
    return pd.DataFrame(rows[list(forecaster.ts.features_order_)])


def _regressor(recipe: Recipe) -> lightgbm.LGBMRegressor:
    return lightgbm.LGBMRegressor(
        objective="l1",
        n_estimators=recipe.rounds,
        num_leaves=recipe.leaves,
        min_child_samples=recipe.smallest_leaf,
        learning_rate=recipe.learning_rate,
        subsample=recipe.row_share,
        subsample_freq=int(recipe.row_share < 1),
        colsample_bytree=recipe.column_share,
        num_threads=THREADS,
        random_state=recipe.seed,
        deterministic=True,
        force_row_wise=True,
        verbosity=-1,
    )


def _lag_transforms(recipe: Recipe, season: int) -> dict[int, list[Any]]:
    first: list[Any] = [RollingMean(window) for window in recipe.rolling]
    first += [ExponentiallyWeightedMean(alpha) for alpha in recipe.exponential]
    if recipe.expanding:
        first.append(ExpandingMean())
    if recipe.seasonal_rolling:
        first.append(SeasonalRollingMean(season_length=season, window_size=recipe.seasonal_rolling, min_samples=1))
    return {1: first} if first else {}
