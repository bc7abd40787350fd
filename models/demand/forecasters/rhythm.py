"""The rhythm member: level x weekday x public holiday, for daily series; all series are filtered at once.

The shape of the week is a ratio of sums (zeros and small counts do no harm), shrunk towards that of all series as far
as the series do not differ beyond chance.  The level is smoothed exponentially and returns to the series' own last year
with a memory; pairs of both constants are weighed by the error of forecasts made along the training part.
Method: ratio-to-moving-average seasonality with a local level (Brown 1959); shrinkage as in Efron & Morris 1975.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pydantic import Field

from configs.loader import StrictConfig
from features.panel.calendar import calendar
from models.demand.forecasters.matrix import PanelMatrix, long_table, panel_matrix

WEEK = 7
HOLIDAY = 7
USUAL_DAYS = 365
"""The level returns to about its last year's mean …"""
USUAL_AGE = 300
"""… which is so many days old on average, and grows with all series together from then on."""
YEARS_FOR_GROWTH = 2
MOST_GROWTH = 0.2 / 365
"""A day: what the series together can be trusted to grow by."""
OWN_WEIGHT, TOTAL_WEIGHT, SHARPNESS = 0.2, 2.0, 30.0
"""Of a series' own error and of the total's, beside the pooled error: one series alone cannot choose two constants, and
the sums are published too.  A pair that errs 1 % more weighs exp(−.3) as much: averaging beats the best by chance
(all three set on simulated panels with other seeds than the benchmark's)."""
CHUNK = 2000
SMALLEST_LEVEL = 1e-9


class RhythmRecipe(StrictConfig):
    """The rhythm member's settings.  The grids are weighed on the training part."""

    half_life: float = Field(default=730.0, gt=0)
    """Days after which a week counts half in the shape: rhythms change slowly."""
    smoothings: tuple[float, ...] = (0.01, 0.02, 0.03, 0.04, 0.06, 0.09, 0.13, 0.2)
    memories: tuple[float, ...] = (1.0, 0.999, 0.998, 0.996, 0.993)
    """Daily memory of the level's distance from the usual level; 1 = it never returns."""
    judged_ahead: tuple[int, ...] = (7, 28, 84)
    """Days ahead at which the constants are judged, on means of a week."""
    judged_every: int = Field(default=7, ge=1)


@dataclass(frozen=True)
class FittedRhythm:
    """The shape of every series and the weights of its constants; arrays have one row per series."""

    ids: np.ndarray
    recipe: RhythmRecipe
    week: np.ndarray
    """[series, 7]: Monday … Sunday against the level."""
    holiday: np.ndarray
    """[series]: a holiday on Monday to Friday against that weekday."""
    weights: np.ndarray
    """[series, smoothing, memory], one in all."""
    growth: float = 0.0
    """Of all series together, a day."""

    def shape(self, dates: pd.DatetimeIndex) -> np.ndarray:
        """[series, day]: expected demand of each day against the level."""
        off = np.where(kind_of_day(dates) == HOLIDAY, self.holiday[:, None], 1.0)
        return self.week[:, dates.weekday.to_numpy()] * off


def fit(panel: pd.DataFrame, recipe: RhythmRecipe) -> FittedRhythm:
    """Fit on daily `unique_id, ds, y`; the same panel gives the same numbers."""
    return fit_matrix(panel_matrix(panel), recipe)


def fit_matrix(days: PanelMatrix, recipe: RhythmRecipe) -> FittedRhythm:
    """Fit on a matrix [series, day]."""
    n = len(days.ids)
    even = np.full((n, len(recipe.smoothings), len(recipe.memories)), 1 / len(recipe.smoothings) / len(recipe.memories))
    flat = FittedRhythm(days.ids, recipe, np.ones((n, WEEK)), np.ones(n), even)
    first = _shaped(flat, days, _moving_mean(days.values, WEEK))
    shaped = _shaped(first, days, _moving_mean(_deseasonalised(days, first), 4 * WEEK + 1))
    clean = _deseasonalised(days, shaped)
    return replace(shaped, weights=_weights(clean, recipe), growth=_growth(clean))


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
    shape, steps = fitted.shape(dates), np.arange(1, horizon + 1)
    level, usual = _levels(_deseasonalised(days, fitted), np.asarray(fitted.recipe.smoothings), origins)
    said = usual[..., None] * (1 + fitted.growth * (USUAL_AGE + steps))
    grown = usual * (1 + fitted.growth * USUAL_AGE)
    for place, memory in enumerate(fitted.recipe.memories):
        weights = fitted.weights[:, :, place]
        away = np.einsum("nos,ns->no", level, weights) - grown * weights.sum(axis=1)[:, None]
        said = said + away[..., None] * memory**steps
    return np.maximum(said * shape[:, origins[:, None] + steps], 0.0)


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


def _shaped(fitted: FittedRhythm, days: PanelMatrix, level: np.ndarray) -> FittedRhythm:
    """The shape anew, given the level of every day."""
    kinds = kind_of_day(days.dates)
    weight = 0.5 ** (np.arange(len(kinds))[::-1] / fitted.recipe.half_life)
    weights = np.where(np.isnan(days.values), 0.0, weight)
    week = np.stack([_ratio(days.values, level, weights * (kinds == kind)) for kind in range(WEEK)], axis=1)
    week = week / week.mean(axis=1, keepdims=True)
    usual = level * week[:, days.dates.weekday.to_numpy()]
    holiday = _ratio(days.values, usual, weights * (kinds == HOLIDAY))
    return replace(fitted, week=week, holiday=holiday)


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


def _growth(clean: np.ndarray) -> float:
    """Slope of the sum of the series that were observed throughout, against its mean, a day."""
    whole = clean[~np.isnan(clean).any(axis=1)]
    if not len(whole) or clean.shape[1] < YEARS_FOR_GROWTH * 365 or whole.sum() <= 0:
        return 0.0
    total, day = whole.sum(axis=0), np.arange(clean.shape[1]) - (clean.shape[1] - 1) / 2
    return float(np.clip((total @ day) / (day @ day) / total.mean(), -MOST_GROWTH, MOST_GROWTH))


def _weights(clean: np.ndarray, recipe: RhythmRecipe) -> np.ndarray:
    """[series, smoothing, memory]: by own + pooled + total error."""
    ahead = [one for one in recipe.judged_ahead if one < clean.shape[1] // 2]
    origins = np.arange(clean.shape[1] // 4, clean.shape[1] - 1, recipe.judged_every)
    own, totals = [], []
    for first in range(0, len(clean), CHUNK):
        rows = clean[first : first + CHUNK]
        parts = (np.nan_to_num(rows), *_levels(rows, np.asarray(recipe.smoothings), origins))
        own.append(_scores(*parts, origins, ahead, recipe))
        totals.append([part.sum(axis=0, keepdims=True) for part in parts])
    values, level, usual = (np.sum([one[k] for one in totals], axis=0) for k in range(3))
    each, whole = np.concatenate(own), _scores(values, level, usual, origins, ahead, recipe)
    score = OWN_WEIGHT * each + each.mean(axis=0) + TOTAL_WEIGHT * whole
    least = np.maximum(score.min(axis=(1, 2), keepdims=True), SMALLEST_LEVEL)
    weights = np.exp(-SHARPNESS * (score / least - 1))
    return np.asarray(weights / weights.sum(axis=(1, 2), keepdims=True))


def _levels(clean: np.ndarray, smoothings: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[series, place, smoothing] level and [series, place] usual level, as known after the days at these places."""
    found, usual = np.empty((len(clean), len(at), len(smoothings))), np.empty((len(clean), len(at)))
    seen, values = ~np.isnan(clean), np.nan_to_num(clean)
    count = np.maximum(np.cumsum(seen, axis=1), 1)
    level, slow = np.zeros((len(clean), len(smoothings))), np.zeros(len(clean))
    for day in range(int(at.max()) + 1):
        least = 1.0 / count[:, day]  # a plain mean until enough is seen
        step = np.maximum(smoothings, least[:, None]) * seen[:, day, None]
        level = level + step * (values[:, day, None] - level)
        slow = slow + np.maximum(1 / USUAL_DAYS, least) * seen[:, day] * (values[:, day] - slow)
        wanted = at == day
        found[:, wanted], usual[:, wanted] = level[:, None], slow[:, None]
    return found, usual


def _scores(
    values: np.ndarray,
    level: np.ndarray,
    usual: np.ndarray,
    origins: np.ndarray,
    ahead: Sequence[int],
    recipe: RhythmRecipe,
) -> np.ndarray:
    """[series, smoothing, memory]: mean |error| of a week's mean along the history, against the usual level."""
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    size = np.maximum(usual[:, -1:], SMALLEST_LEVEL)
    found = np.zeros((len(values), level.shape[2], len(recipe.memories)))
    for one in ahead:
        judged = origins < values.shape[1] - one
        last = origins[judged] + one + 1
        realised = ((sums[:, last] - sums[:, last - WEEK]) / WEEK)[..., None]
        back = usual[:, judged, None]
        for place, memory in enumerate(recipe.memories):
            said = back + memory ** (one - WEEK // 2) * (level[:, judged] - back)
            found[:, :, place] += np.abs(said - realised).mean(axis=1) / size / len(ahead)
    return found
