"""The statistical members: seasonal naive, seasonal mean, and by statsforecast ETS, Theta, CES, intermittent demand."""

import warnings
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import TSB, AutoCES, AutoETS, AutoTheta, CrostonSBA, Naive, SeasonalNaive

NAMES = ("seasonal_naive", "seasonal_mean", "ets", "theta", "ces", "intermittent")
TSB_DEMAND, TSB_PROBABILITY = 0.2, 0.1  # Teunter, Syntetos & Babai 2011 recommend small ones; .1–.3 and below that


def forecast(
    panel: pd.DataFrame,
    freq: str,
    season: int,
    horizon: int,
    ets_seasonal: bool,
    *,
    names: Sequence[str] = ("seasonal_naive", "ets"),
    method: str = "tsb",
    jobs: int = 1,
) -> pd.DataFrame:
    """`unique_id, ds`, one column per name (of NAMES): the next `horizon` periods, never below zero.

    ETS is fitted without a season where the season is longer than it can carry (24 periods).  Where a member says
    nothing of a series (one shorter than a season has no season to repeat), its forecast is the last value.
    """
    fitted = [name for name in names if name != "seasonal_mean"]
    models = [_model(name, season, ets_seasonal, method) for name in fitted or ["seasonal_naive"]]
    with warnings.catch_warnings(), np.errstate(all="ignore"):  # ETS: parameters ≥ observations
        warnings.filterwarnings("ignore", message="Historical data .* is shorter than season_length")  # filled below
        run = StatsForecast(models=models, freq=freq, n_jobs=jobs, fallback_model=Naive())
        found = cast(pd.DataFrame, run.forecast(df=panel[["unique_id", "ds", "y"]], h=horizon))
    if "seasonal_mean" in names:
        found["seasonal_mean"] = _seasonal_means(panel, found, season)
    last = found["unique_id"].map(panel.sort_values("ds").groupby("unique_id")["y"].last())
    usable = {name: found[name].where(np.isfinite(found[name])).fillna(last).clip(lower=0.0) for name in names}
    return found[["unique_id", "ds"]].assign(**usable)


def _seasonal_means(panel: pd.DataFrame, ahead: pd.DataFrame, season: int) -> np.ndarray:
    """The mean of the same season in all whole seasons seen; unknown to a series shorter than one.

    It damps the noise that seasonal naive repeats, most in small counts.
    """
    back = panel.groupby("unique_id").cumcount(ascending=False)
    whole = panel.groupby("unique_id")["y"].transform("size") // season * season
    seen = panel[back < whole]
    means = seen.groupby(["unique_id", (-back[back < whole] - 1) % season])["y"].mean()
    step = ahead.groupby("unique_id").cumcount() % season
    return means.reindex(pd.MultiIndex.from_arrays([ahead["unique_id"], step])).to_numpy(float)


def _model(name: str, season: int, ets_seasonal: bool, method: str) -> Any:
    if name == "seasonal_naive":
        return SeasonalNaive(season_length=season, alias=name)
    if name == "ets":
        seasonal = {"season_length": season} if ets_seasonal else {"season_length": 1, "model": "ZZN"}
        return AutoETS(**seasonal, alias=name)
    if name == "theta":
        return AutoTheta(season_length=season, alias=name)
    if name == "ces":
        return AutoCES(season_length=season, alias=name)
    return CrostonSBA(alias=name) if method == "croston" else TSB(TSB_DEMAND, TSB_PROBABILITY, alias=name)
