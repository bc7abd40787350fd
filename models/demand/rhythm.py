"""The rhythm member: level x weekday x public holiday, for daily series; all series are filtered at once.

The shape of the week is a ratio of sums (zeros and small counts do no harm), shrunk towards that of all series as far
as the series do not differ beyond chance.  The level is smoothed exponentially and returns to the series' own last year
with a memory; both constants are chosen by the error of forecasts made along the training part.
Method: ratio-to-moving-average seasonality with a local level (Brown 1959); shrinkage as in Efron & Morris 1975.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import Field

from configs.loader import StrictConfig
from features.panel.calendar import calendar
from models.demand.matrix import PanelMatrix, long_table, panel_matrix

WEEK = 7
HOLIDAY = 7
USUAL_DAYS = 365
"""The level returns to about its last year's mean."""
OWN_WEIGHT, TOTAL_WEIGHT = 0.2, 2.0
"""Of a series' own error and of the total's, beside the pooled error: one series alone cannot choose two constants, and
the sums are published too (weights set on simulated panels with other seeds than the benchmark's)."""
CHUNK = 500
SMALLEST_LEVEL = 1e-9


class RhythmRecipe(StrictConfig):
    """The rhythm member's settings.  The grids are searched on the training part."""

    half_life: float = Field(default=730.0, gt=0)
    """Days after which a week counts half in the shape: rhythms change slowly."""
    smoothings: tuple[float, ...] = (0.01, 0.02, 0.04, 0.06, 0.09, 0.13, 0.2)
    memories: tuple[float, ...] = (1.0, 0.9985, 0.997, 0.994, 0.985)
    """Daily memory of the level's distance from the usual level; 1 = it never returns."""
    judged_ahead: tuple[int, ...] = (7, 28, 84)
    """Days ahead at which the constants are judged, on means of a week."""
    judged_every: int = Field(default=7, ge=1)


@dataclass(frozen=True)
class FittedRhythm:
    """The shape and constants of every series; arrays have one row per series."""

    ids: np.ndarray
    week: np.ndarray
    """[series, 7]: Monday … Sunday against the level."""
    holiday: np.ndarray
    """[series]: a holiday on Monday to Friday against that weekday."""
    smoothing: np.ndarray
    memory: np.ndarray

    def shape(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """[series, day]: expected demand of each day against the level."""
        kinds = kind_of_day(dates)
        off = np.where(kinds == HOLIDAY, self.holiday[:, None], 1.0)
        return self.week[:, dates.weekday.to_numpy()] * off


def fit(panel: pd.DataFrame, recipe: RhythmRecipe) -> FittedRhythm:
    """Fit on daily `unique_id, ds, y`; the same panel gives the same numbers."""
    return fit_matrix(panel_matrix(panel), recipe)


def fit_matrix(days: PanelMatrix, recipe: RhythmRecipe) -> FittedRhythm:
    """Fit on a matrix [series, day]."""
    n = len(days.ids)
    flat = FittedRhythm(days.ids, np.ones((n, WEEK)), np.ones(n), np.full(n, np.nan), np.full(n, 1.0))
    first = _shaped(flat, days, _moving_mean(days.values, WEEK), recipe)
    level = _moving_mean(_deseasonalised(days, first), 4 * WEEK + 1)
    return _with_constants(_shaped(first, days, level, recipe), days, recipe)


def predict(fitted: FittedRhythm, panel: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """`unique_id, ds, rhythm`: the next `horizon` days of every series, never below zero."""
    days = panel_matrix(panel)
    ahead = pd.date_range(days.dates[-1], periods=horizon + 1, freq="D")[1:]
    values = predict_from(fitted, days, np.array([days.values.shape[1] - 1]), horizon)[:, 0]
    return long_table(days.ids, ahead, values, "rhythm")


def predict_from(fitted: FittedRhythm, days: PanelMatrix, origins: np.ndarray, horizon: int) -> np.ndarray:
    """[series, origin, step]: forecasts after each origin (place of the last known day), by the constants of `fitted`.

    No refit: only the level is followed up to each origin.
    """
    dates = pd.date_range(days.dates[0], periods=days.values.shape[1] + horizon, freq="D")
    shape = fitted.shape(dates)
    level, mean = _levels(_deseasonalised(days, fitted), fitted.smoothing[:, None])
    steps = np.arange(1, horizon + 1)
    kept = fitted.memory[:, None, None] ** steps
    now, usual = level[:, origins, 0][..., None], mean[:, origins][..., None]
    return np.maximum((usual + kept * (now - usual)) * shape[:, origins[:, None] + steps], 0.0)


def kind_of_day(dates: pd.DatetimeIndex) -> np.ndarray:
    """[day]: 0 … 6 = Monday … Sunday, 7 = a public holiday on Monday to Friday (Finland)."""
    off = calendar(dates[0], dates[-1], "day")["holidays"].to_numpy() > 0
    return np.where(off, HOLIDAY, dates.weekday.to_numpy())


def _deseasonalised(days: PanelMatrix, fitted: FittedRhythm) -> np.ndarray:
    shape = fitted.shape(days.dates)
    return np.divide(days.values, shape, out=np.full_like(days.values, np.nan), where=shape > SMALLEST_LEVEL)


def _moving_mean(values: np.ndarray, width: int) -> np.ndarray:
    """Centred mean over `width` days; days that were not observed are left out."""
    seen = ~np.isnan(values)
    return _window_sum(np.where(seen, values, 0.0), width) / np.maximum(_window_sum(seen * 1.0, width), 1.0)


def _window_sum(values: np.ndarray, width: int) -> np.ndarray:
    """Centred sums over `width` (odd) days, narrower at the ends."""
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    places, half = np.arange(values.shape[1]), width // 2
    return total[:, np.minimum(places + half + 1, len(places))] - total[:, np.maximum(places - half, 0)]


def _shaped(fitted: FittedRhythm, days: PanelMatrix, level: np.ndarray, recipe: RhythmRecipe) -> FittedRhythm:
    """The shape anew, given the level of every day."""
    kinds = kind_of_day(days.dates)
    weight = 0.5 ** (np.arange(len(kinds))[::-1] / recipe.half_life)
    weights = np.where(np.isnan(days.values), 0.0, weight)
    week = np.stack([_ratio(days.values, level, weights * (kinds == kind)) for kind in range(WEEK)], axis=1)
    week = week / week.mean(axis=1, keepdims=True)
    usual = level * week[:, days.dates.weekday.to_numpy()]
    holiday = _ratio(days.values, usual, weights * (kinds == HOLIDAY))
    return FittedRhythm(fitted.ids, week, holiday, fitted.smoothing, fitted.memory)


def _ratio(values: np.ndarray, level: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """[series]: weighted demand over weighted level, shrunk towards the ratio of all series."""
    values = np.nan_to_num(values)
    base = (weights * level).sum(axis=1)
    pooled = (weights * values).sum() / max(base.sum(), SMALLEST_LEVEL)
    if base.sum() <= SMALLEST_LEVEL:
        return np.ones(len(values))
    own = np.divide((weights * values).sum(axis=1), base, out=np.full(len(base), pooled), where=base > SMALLEST_LEVEL)
    missed = (weights * (values - own[:, None] * level)) ** 2
    chance = np.divide(missed.sum(axis=1), base**2, out=np.full(len(base), np.inf), where=base > SMALLEST_LEVEL)
    known = np.isfinite(chance) & (chance > 0)
    apart = max(float(np.mean((own[known] - pooled) ** 2 - chance[known])), 0.0) if known.any() else 0.0
    trust = np.divide(apart, apart + chance, out=np.zeros(len(base)), where=apart + chance > 0)
    return np.asarray(pooled + trust * (own - pooled))


def _with_constants(fitted: FittedRhythm, days: PanelMatrix, recipe: RhythmRecipe) -> FittedRhythm:
    """Smoothing and memory of each series: the pair with the lowest own + pooled + total error."""
    clean = _deseasonalised(days, fitted)
    own, total = [], None
    for first in range(0, len(clean), CHUNK):
        rows = np.nan_to_num(clean[first : first + CHUNK])
        level, mean = _levels(clean[first : first + CHUNK], np.asarray(recipe.smoothings)[None, :])
        own.append(_scores(rows, level, mean, recipe))
        sums = [part.sum(axis=0, keepdims=True) for part in (rows, level, mean)]
        total = sums if total is None else [before + new for before, new in zip(total, sums, strict=True)]
    each = np.concatenate(own)
    whole = _scores(total[0], total[1], total[2], recipe) if total else np.zeros((1, each.shape[1]))
    best = np.argmin(OWN_WEIGHT * each + each.mean(axis=0) + TOTAL_WEIGHT * whole, axis=1)
    smoothing, memory = np.unravel_index(best, (len(recipe.smoothings), len(recipe.memories)))
    chosen = np.asarray(recipe.smoothings)[smoothing], np.asarray(recipe.memories)[memory]
    return FittedRhythm(fitted.ids, fitted.week, fitted.holiday, *chosen)


def _levels(clean: np.ndarray, smoothing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[series, day, smoothing] level and [series, day] usual level (of about the last year), as known on each day."""
    n, days = clean.shape
    found, usual = np.empty((n, days, smoothing.shape[1])), np.empty((n, days))
    seen, values = ~np.isnan(clean), np.nan_to_num(clean)
    count = np.maximum(np.cumsum(seen, axis=1), 1)
    level, slow = np.zeros((n, smoothing.shape[1])), np.zeros(n)
    for day in range(days):
        least = 1.0 / count[:, day]  # a plain mean until enough is seen
        step = np.maximum(smoothing, least[:, None]) * seen[:, day, None]
        level = level + step * (values[:, day, None] - level)
        slow = slow + np.maximum(1 / USUAL_DAYS, least) * seen[:, day] * (values[:, day] - slow)
        found[:, day], usual[:, day] = level, slow
    return found, usual


def _scores(values: np.ndarray, level: np.ndarray, usual: np.ndarray, recipe: RhythmRecipe) -> np.ndarray:
    """[series, smoothing x memory]: mean |error| of a week's mean along the history, against the usual level."""
    days = values.shape[1]
    ahead = [one for one in recipe.judged_ahead if one < days - days // 4]
    scores = [[_score(values, level, usual, memory, one, recipe) for one in ahead] for memory in recipe.memories]
    found = np.stack([np.mean(one, axis=0) for one in scores], axis=2)
    return np.asarray(found.reshape(len(values), -1))


def _score(
    values: np.ndarray, level: np.ndarray, usual: np.ndarray, memory: float, ahead: int, recipe: RhythmRecipe
) -> np.ndarray:
    """[series, smoothing]: the error at one distance ahead."""
    days = values.shape[1]
    sums = np.cumsum(np.concatenate([np.zeros((len(values), 1)), values], axis=1), axis=1)
    origins = np.arange(days // 4, days - ahead, recipe.judged_every)
    realised = (sums[:, origins + ahead + 1] - sums[:, origins + ahead - WEEK + 1]) / WEEK
    back = usual[:, origins][..., None]
    said = back + memory ** (ahead - WEEK // 2) * (level[:, origins] - back)
    size = np.maximum(usual[:, -1], SMALLEST_LEVEL)[:, None]
    return np.asarray(np.abs(said - realised[..., None]).mean(axis=1) / size)
