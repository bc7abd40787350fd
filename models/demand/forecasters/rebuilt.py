"""The LightGBM member again, from its bundle: recipe, observations and Booster text; never a pickle.

The forecast of the rebuilt member is the stored one to the last bit (difference 0.0, tested).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from mlforecast import MLForecast

from models.demand.config import DemandConfig
from models.demand.drivers.table import DriverTable
from models.demand.forecasters import boosted


@dataclass(frozen=True)
class Trees:
    """A Booster as the model that mlforecast asks, step by step."""

    booster: lightgbm.Booster

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """float64[rows]: the next change of log(1 + y)."""
        return np.asarray(self.booster.predict(rows.to_numpy(float), num_threads=boosted.THREADS))


def rebuild(config: DemandConfig, observed: pd.DataFrame, model: Any) -> MLForecast:
    """A forecaster that continues `observed` (of `boosted.observed`) with `model`, e.g. `Trees(booster)`.

    No tree is fitted: the observations are only brought to the recipe's features.
    """
    forecaster = boosted.unfitted(config.lightgbm, config.freq, config.season_length, model)
    forecaster.preprocess(observed, static_features=[], validate_data=False)
    forecaster.models_ = {boosted.MEMBER: model}
    return forecaster


def forecast_again(
    config: DemandConfig,
    observations: pd.DataFrame,
    booster: lightgbm.Booster,
    horizon: int | None = None,
    drivers: DriverTable | None = None,
    ids: Sequence[str] | None = None,
) -> pd.DataFrame:
    """`unique_id, ds, lightgbm` as training forecast it, or after a change of observations or drivers (a scenario).

    `ids` takes some of the series only; each series' forecast is the same alone as among all.
    """
    wanted = observations if ids is None else observations[observations["unique_id"].isin(ids)]
    forecaster = rebuild(config, boosted.observed(wanted, drivers), Trees(booster))
    return boosted.predict(forecaster, horizon or config.horizon, drivers)
