"""Weekly arrivals from outside the chain, stage by stage: a level that follows the newest weeks, and a calendar.

mean = level × calendar factor.  The level is an exponentially weighted mean, so with weight 1 it is "last week carried
forward"; the calendar is a Poisson regression on working days and the time of year.  Weight and calendar are chosen
on the last weeks of what is given.  Counts scatter by more than Poisson's law: a negative binomial, and a level that
is itself uncertain (Hyndman et al. 2008, ch. 16, on counts; the scatter is the pooled Pearson statistic).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import holidays
import numpy as np
import pandas as pd
from sklearn.linear_model import PoissonRegressor

WEIGHTS = (0.03, 0.06, 0.12, 0.25, 0.5, 1.0)
FEWEST_FOR_CALENDAR = 104
"""Weeks: a year's rhythm is not learned from one year."""
FEWEST_ARRIVALS = 200
"""Below this the wave of a year is noise."""
JUDGED_SHARE, MOST_JUDGED = 0.3, 52
SMALLEST_MEAN = 0.02
"""Arrivals a week; a stage nobody comes to directly may still get one some day."""
RIDGE = 1e-3


@dataclass(frozen=True)
class ArrivalForecast:
    """Expected arrivals of one stage per week ahead, and how they scatter."""

    mean: np.ndarray
    dispersion: float
    """Variance over mean of one week, at least 1."""
    level_variance: float
    """Relative variance of the level that all weeks ahead share."""
    weight: float
    calendar: bool

    def draw(self, samples: int, rng: np.random.Generator) -> np.ndarray:
        """Counts [samples × weeks]: negative binomial around a common uncertain level."""
        level = _gamma(np.ones(samples), np.full(samples, self.level_variance), rng)[:, None]
        mean = level * self.mean[None, :]
        return rng.poisson(_gamma(mean, mean * (self.dispersion - 1.0), rng))


def forecast_arrivals(
    counts: np.ndarray, weeks: pd.DatetimeIndex, horizon: int, country: str | None
) -> ArrivalForecast:
    """The forecast of one stage from its weekly counts (`weeks` are their Mondays)."""
    known_and_ahead = pd.date_range(weeks[0], periods=len(counts) + horizon, freq="W-MON")
    judged = int(min(MOST_JUDGED, JUDGED_SHARE * len(counts)))
    calendars = {False: np.ones(len(counts) + horizon)}
    if len(counts) - judged >= FEWEST_FOR_CALENDAR and counts[: len(counts) - judged].sum() >= FEWEST_ARRIVALS:
        calendars[True] = calendar_factors(counts[: len(counts) - judged], known_and_ahead, country)
    best = min(
        ((_deviance(counts, factor[: len(counts)], weight, judged, horizon), weight, known)
         for known, factor in calendars.items() for weight in WEIGHTS),
    )  # fmt: skip
    _, weight, calendar = best
    factor = calendar_factors(counts, known_and_ahead, country) if calendar else np.ones(len(counts) + horizon)
    past, future = factor[: len(counts)], factor[len(counts) :]
    levels = _levels(counts / past, weight)
    mean = np.maximum(levels[-1] * future, SMALLEST_MEAN)
    dispersion = _dispersion(counts, levels * past, judged)
    spread = weight / (2 - weight) * dispersion / max(float(mean.mean()), SMALLEST_MEAN)
    return ArrivalForecast(mean, dispersion, min(spread, 1.0), weight, calendar)


def calendar_factors(counts: np.ndarray, weeks: pd.DatetimeIndex, country: str | None) -> np.ndarray:
    """Factor per week around 1, fitted on the first `len(counts)` of `weeks`."""
    table = _calendar(weeks, country)
    fitted = PoissonRegressor(alpha=RIDGE, max_iter=300).fit(table[: len(counts)], counts)
    factor = fitted.predict(_without_trend(table))
    return np.asarray(factor / factor[: len(counts)].mean())


def _calendar(weeks: pd.DatetimeIndex, country: str | None) -> np.ndarray:
    """Trend, one yearly wave and the share of working days that are no holidays."""
    years = (weeks - weeks[0]).days.to_numpy() / 365.25
    wave = 2 * np.pi * weeks.dayofyear.to_numpy() / 365.25
    return np.column_stack([years, np.sin(wave), np.cos(wave), _working(weeks, country) / 5.0])


def _without_trend(table: np.ndarray) -> np.ndarray:
    """The level follows the trend; the calendar must not count it twice."""
    return np.column_stack([np.zeros(len(table)), table[:, 1:]])


def _working(weeks: pd.DatetimeIndex, country: str | None) -> np.ndarray:
    """Working days of each week."""
    if country is None:
        return np.full(len(weeks), 5.0)
    free = holidays.country_holidays(country, years=range(weeks[0].year, weeks[-1].year + 2))
    return np.array(
        [sum(day.date() not in free for day in pd.date_range(monday, periods=5)) for monday in weeks], float
    )


def _levels(values: np.ndarray, weight: float) -> np.ndarray:
    """The level after each week; it begins with the mean of the first weeks."""
    level, found = float(values[:8].mean()), np.empty(len(values))
    for place, value in enumerate(values):
        level += weight * (value - level)
        found[place] = level
    return found


def _deviance(counts: np.ndarray, factor: np.ndarray, weight: float, judged: int, horizon: int) -> float:
    """Mean Poisson deviance of the last `judged` weeks, forecast 1 … horizon weeks ahead."""
    levels = _levels(counts / factor, weight)
    errors = []
    for lead in sorted({1, (horizon + 1) // 2, horizon}):
        first = max(len(counts) - judged, lead)
        if first < len(counts):
            errors.append(_poisson_deviance(counts[first:], levels[first - lead : -lead] * factor[first:]))
    return float(np.mean(errors)) if errors else 0.0


def _poisson_deviance(y: np.ndarray, mean: np.ndarray) -> float:
    mean = np.maximum(mean, SMALLEST_MEAN)
    logs = np.where(y > 0, y * np.log(np.maximum(y, 1e-9) / mean), 0.0)
    return float(2 * np.mean(logs - (y - mean)))


def _dispersion(counts: np.ndarray, fitted: np.ndarray, judged: int) -> float:
    """Pearson's statistic of one week ahead over the judged weeks; never below Poisson's 1."""
    y, mean = counts[-judged:], np.maximum(fitted[-judged - 1 : -1], SMALLEST_MEAN)
    return float(max(1.0, np.sum((y - mean) ** 2) / np.sum(mean)))


def _gamma(mean: np.ndarray, variance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gamma draws; the mean itself where the variance is zero."""
    spread = np.maximum(variance, 1e-12)
    return np.where(
        variance > 1e-12, rng.gamma(np.maximum(mean, 1e-12) ** 2 / spread, spread / np.maximum(mean, 1e-12)), mean
    )


def weekday_shares(entered: pd.Series) -> np.ndarray:
    """Share of arrivals per weekday (Monday first), with one arrival a day added so that no day is impossible."""
    counts = np.bincount(entered.dt.weekday.to_numpy(), minlength=7) + 1.0
    return np.asarray(counts / counts.sum())


def arrivals_by_stage(
    flows: pd.DataFrame, stages: tuple[str, ...], horizon: int, country: str | None
) -> Mapping[str, ArrivalForecast]:
    """The forecast of every stage's arrivals from outside, from `weekly_flows`."""
    found = {}
    for stage in stages:
        rows = flows[flows["stage"] == stage].sort_values("ds")
        weeks = pd.DatetimeIndex(rows["ds"])
        found[stage] = forecast_arrivals(rows["outside"].to_numpy(float), weeks, horizon, country)
    return found
