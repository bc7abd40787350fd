"""How far a forecast is from what came, and whether an interval holds what it promises."""

import numpy as np


def wape(y: np.ndarray, forecast: np.ndarray) -> float:
    """Sum of |error| over sum of |y|.

    Unit: share of all demand, range 0 upwards.  0 = perfect, 0.1 = wrong by a tenth of all demand, 1 = as wrong as
    forecasting nothing.  NaN when all y are 0.  Source: Kolassa & Schütz 2007, Foresight 6:40.
    """
    total = float(np.sum(np.abs(y)))
    return float(np.sum(np.abs(forecast - y)) / total) if total > 0 else float("nan")


def bias(y: np.ndarray, forecast: np.ndarray) -> float:
    """Sum of (forecast - y) over sum of |y|.

    Unit: share of all demand, any number.  0 = as much too much as too little, above 0 = too much is foretold, below 0
    = too little; -1 = nothing was foretold.  NaN when all y are 0.  Source: Hyndman & Athanasopoulos 2021, §5.8.
    """
    total = float(np.sum(np.abs(y)))
    return float(np.sum(forecast - y) / total) if total > 0 else float("nan")


def mase(y: np.ndarray, forecast: np.ndarray, history: np.ndarray, season: int) -> float:
    """Mean |error| over the mean |y_t - y_(t-season)| of what was known before.

    Unit: ratio, range 0 upwards.  0 = perfect, 1 = as wrong as the seasonal difference.  NaN when the history does not
    change or is not longer than a season.  Source: Hyndman & Koehler 2006, Int. J. Forecasting 22:679.
    """
    steps = np.abs(history[season:] - history[:-season]) if len(history) > season else np.array([])
    scale = float(steps.mean()) if steps.size else 0.0
    return float(np.mean(np.abs(forecast - y)) / scale) if scale > 0 else float("nan")


def coverage(y: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Share of values inside their interval, both ends included.

    Unit: share, range 0-1.  The promised level = as it should be, 1 = always inside (too wide), 0 = never.
    Source: Gneiting, Balabdaoui & Raftery 2007, J. R. Stat. Soc. B 69:243.
    """
    return float(np.mean((y >= low) & (y <= high)))


def width(low: np.ndarray, high: np.ndarray) -> float:
    """Mean width of the intervals.

    Unit: that of y, range 0 upwards.  0 = a point; of two intervals that cover as promised the narrower is better.
    """
    return float(np.mean(high - low))


def interval_score(y: np.ndarray, low: np.ndarray, high: np.ndarray, level: float) -> float:
    """Mean of width + 2 / (1 - level) times the distance of y from the interval.

    Unit: that of y, range 0 upwards.  0 = a point that is always right; smaller is better, and no interval scores
    better on average than the true quantiles.  Source: Gneiting & Raftery 2007, J. Am. Stat. Assoc. 102:359.
    """
    outside = np.maximum(low - y, 0) + np.maximum(y - high, 0)
    return float(np.mean(high - low + 2 / (1 - level) * outside))
