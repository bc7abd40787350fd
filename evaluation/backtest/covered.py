"""Intervals of the windows that are reported, made from windows before them, and what a planner should expect."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.backtest.errors import mean_scaled_errors
from models.demand.forecasters.combination import NAIVE
from models.demand.intervals import Quantiles, fit_quantiles, with_deciles, with_intervals
from models.demand.own_scale import other_window_factors, own_factors
from models.demand.yardsticks import MOVES, SEASONAL

MARGIN = 0.01
"""How much less another yardstick's interval score must be: the seasonal one stands else."""


@dataclass(frozen=True)
class Calibration:
    """Pooled quantiles of scaled errors, and each series' own factor on its scale (1 where windows are few)."""

    quantiles: Quantiles
    factors: pd.Series
    yardstick: str = SEASONAL
    """The column that errors are scaled by."""

    def scale(self, scale: pd.Series) -> pd.Series:
        """The scale of each series with its own factor; a series without one keeps its scale."""
        return scale * self.factors.reindex(scale.index).fillna(1.0)


def calibrate(
    table: pd.DataFrame, member: str, horizon: int, newest: int | None = None, scale: pd.Series | None = None
) -> Calibration:
    """The calibration by the residuals of a back-test table's `newest` windows (none = all).

    A period inside a declared regime calibrates nothing; nor does a window that knows fewer than two seasons, where
    there is another: its members never saw a season repeat, and its scale is the mean of less than a season.  Where
    there is no other, its errors are divided by `scale` (by series: that of the forecast), if given.  Of two yardsticks
    (models.demand.yardsticks) the one whose intervals score better on these residuals is taken.
    """
    kept = _seasoned(table[~table["regime"]] if "regime" in table else table, scale)
    if newest is not None:
        kept = kept[kept["origin"].isin(sorted(kept["origin"].unique())[-newest:])]
    seasonal = _by(kept, member, horizon, SEASONAL)
    if MOVES not in kept or kept.empty:
        return seasonal
    moves = _by(kept, member, horizon, MOVES)
    better = _score(kept, member, moves) < (1 - MARGIN) * _score(kept, member, seasonal)
    return moves if better else seasonal


def _by(kept: pd.DataFrame, member: str, horizon: int, yardstick: str) -> Calibration:
    scaled = (kept[member] - kept["y"]).abs() / kept[yardstick]
    residuals = kept[["level", "series_id", "origin", "step"]].assign(scaled=scaled)
    residuals = residuals.assign(scaled=scaled / other_window_factors(residuals))
    return Calibration(
        fit_quantiles(residuals[["level", "step", "scaled"]], horizon),
        own_factors(residuals.assign(scaled=scaled)),
        yardstick,
    )


def _score(kept: pd.DataFrame, member: str, calibration: Calibration) -> float:
    """Mean interval score (Gneiting & Raftery 2007) of 80 and 95 %, in units of each series' mean move."""
    levels = dict(zip(kept["series_id"], kept["level"], strict=True))
    parts = [with_quantiles(rows.assign(value=rows[member]), calibration, levels) for _, rows in kept.groupby("origin")]
    found, unit = pd.concat(parts), kept.groupby("series_id")[MOVES].mean()
    scores = [interval_score(found, level) / found["series_id"].map(unit).to_numpy(float) for level in (80, 95)]
    return float(np.mean(scores))


def interval_score(table: pd.DataFrame, level: int) -> np.ndarray:
    """Width of the interval plus 2 / (1 − coverage) × the distance of what came from it, per row.

    Range 0 …; smaller is better.  Source: Gneiting & Raftery 2007.
    """
    low, high, y = (table[name].to_numpy(float) for name in (f"low{level}", f"high{level}", "y"))
    missed = np.maximum(low - y, 0.0) + np.maximum(y - high, 0.0)
    return np.asarray(high - low + 2 / (1 - level / 100) * missed)


def _seasoned(table: pd.DataFrame, scale: pd.Series | None) -> pd.DataFrame:
    if "seasoned" not in table or table["seasoned"].all():
        return table
    if table["seasoned"].any():
        return table[table["seasoned"]]
    return table if scale is None else table.assign(scale=table["series_id"].map(scale).fillna(table["scale"]))


def covered(
    table: pd.DataFrame,
    member: str,
    horizon: int,
    levels: Mapping[str, str],
    *,
    renew: bool = False,
    newest: int | None = None,
) -> pd.DataFrame:
    """The report windows with intervals made from the selection windows only; a level without those is left out.

    With `renew`, earlier report windows calibrate later ones, period by period as they become known.  `newest`: how
    many of the windows before it calibrate a window.
    """
    shown = table[table["reported"]].assign(value=lambda rows: rows[member])
    parts = []
    for origin, rows in shown.groupby("origin"):
        past = known_before(table, origin, renew)  # type: ignore[arg-type]
        calibration = calibrate(past, member, horizon, newest, rows.groupby("series_id")["scale"].first())
        parts.append(with_quantiles(rows[rows["level"].isin(calibration.quantiles)], calibration, levels))
    return pd.concat(parts, ignore_index=True)


def known_before(table: pd.DataFrame, origin: pd.Timestamp, renew: bool) -> pd.DataFrame:
    """The rows that may calibrate a report window: the selection windows, or with `renew` all that was known."""
    return table[(table["origin"] < origin) & (table["ds"] <= origin)] if renew else table[~table["reported"]]


def with_quantiles(rows: pd.DataFrame, calibration: Calibration, levels: Mapping[str, str]) -> pd.DataFrame:
    """Intervals and deciles (q10 … q90) of one window's rows."""
    scale = calibration.scale(rows.groupby("series_id")[calibration.yardstick].first())
    found = with_intervals(rows, scale, calibration.quantiles, levels)
    return with_deciles(found, scale, calibration.quantiles, levels)


def coverage(table: pd.DataFrame) -> dict[str, float]:
    """Share of actuals inside the 80 % and 95 % intervals.  Range 0–1; aim .80 and .95."""
    return {
        f"coverage{level}": float(table["y"].between(table[f"low{level}"], table[f"high{level}"]).mean())
        for level in (80, 95)
    }


def by_series(table: pd.DataFrame, member: str) -> dict[str, dict[str, float]]:
    """What the planner should expect of each series: MASE of member and naive, WAPE, coverage, over report windows."""
    return {str(series): _expect(rows, member) for series, rows in table.groupby("series_id")}


def _expect(rows: pd.DataFrame, member: str) -> dict[str, float]:
    errors = mean_scaled_errors(rows, [member, NAIVE])
    total = float(rows["y"].abs().sum())
    wape = {f"wape_{name}": float((rows[name] - rows["y"]).abs().sum() / total) if total else 0.0 for name in errors}
    return {
        "mase": errors[member],
        "mase_naive": errors[NAIVE],
        "wape": wape[f"wape_{member}"],
        "wape_naive": wape[f"wape_{NAIVE}"],
        **coverage(rows),
        "windows": float(rows["origin"].nunique()),
    }
