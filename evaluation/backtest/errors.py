"""Errors of forecasts.  Tables have `origin`, `series_id` (or `unique_id`), `y`, `scale` and one column per member."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from utilsforecast.losses import mae, mase, rmse, smape


def mean_scaled_errors(table: pd.DataFrame, members: Sequence[str]) -> dict[str, float]:
    """MASE: mean |error| / mean |y_t − y_{t−s}| of what was known, mean over series and origins.

    Range 0 …; 0 = perfect, 1 = as wrong as the seasonal difference.  Source: Hyndman & Koehler 2006.
    """
    key = _key(table)
    return {
        name: float(((table[name] - table["y"]).abs() / table["scale"]).groupby(key).mean().mean()) for name in members
    }


def weighted_errors(table: pd.DataFrame, members: Sequence[str]) -> dict[str, float]:
    """WAPE: Σ|error| / Σ|y|.  Range 0 …; 0 = perfect, 0.1 = wrong by a tenth of all demand."""
    total = table["y"].abs().sum()
    return {name: float((table[name] - table["y"]).abs().sum() / total) for name in members}


def published_errors(table: pd.DataFrame, history: pd.DataFrame, members: Sequence[str], season: int) -> pd.DataFrame:
    """MASE, sMAPE (%), MAE and RMSE per member, mean over series, by utilsforecast: the check of the metrics above."""
    frame = table.rename(columns={"series_id": "unique_id"})
    known = history.rename(columns={"series_id": "unique_id"})
    names = list(members)
    return pd.DataFrame(
        {
            "mase": mase(frame, names, season, known)[names].mean(),
            "smape": smape(frame, names)[names].mean() * 200,
            "mae": mae(frame, names)[names].mean(),
            "rmse": rmse(frame, names)[names].mean(),
        }
    )


def scaled_quantile_loss(table: pd.DataFrame, quantiles: Mapping[float, str]) -> float:
    """SQL: twice the pinball loss, mean over quantiles, / scale; mean over series and origins.

    With the same number at every quantile it equals MASE.  `quantiles`: probability → column.
    """
    loss = _quantile_losses(table, quantiles) / table["scale"].to_numpy(float)
    return float(pd.Series(loss, index=table.index).groupby(_key(table)).mean().mean())


def weighted_quantile_loss(table: pd.DataFrame, quantiles: Mapping[float, str]) -> float:
    """WQL: the same loss summed over everything / Σ|y|.  With the same number at every quantile it equals WAPE."""
    return float(_quantile_losses(table, quantiles).sum() / table["y"].abs().sum())


def _quantile_losses(table: pd.DataFrame, quantiles: Mapping[float, str]) -> np.ndarray:
    y = table["y"].to_numpy(float)
    losses = []
    for probability, column in quantiles.items():
        over = table[column].to_numpy(float) - y
        losses.append(2 * np.maximum((1 - probability) * over, -probability * over))
    return np.asarray(np.mean(losses, axis=0))


def _key(table: pd.DataFrame) -> list[pd.Series]:
    return [table["origin"], table["series_id" if "series_id" in table else "unique_id"]]
