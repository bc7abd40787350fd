"""Rolling-origin back-test of demand forecasts: members are chosen on earlier windows, reported on later ones."""

from evaluation.backtest.choosing import choose, choosing
from evaluation.backtest.covered import (
    Calibration,
    by_series,
    calibrate,
    coverage,
    covered,
    interval_score,
    with_quantiles,
)
from evaluation.backtest.errors import (
    mean_scaled_errors,
    published_errors,
    scaled_quantile_loss,
    weighted_errors,
    weighted_quantile_loss,
)
from evaluation.backtest.longer import (
    expected_over,
    judged_over,
    longer_periods,
    longer_widths,
    summed_over,
    whole_periods,
)
from evaluation.backtest.rolling import Forecaster, Tested, rolled
from evaluation.backtest.windows import windows
from models.demand.windows import Window

__all__ = [
    "Calibration",
    "Forecaster",
    "Tested",
    "Window",
    "by_series",
    "calibrate",
    "choose",
    "choosing",
    "coverage",
    "covered",
    "expected_over",
    "interval_score",
    "judged_over",
    "longer_periods",
    "longer_widths",
    "mean_scaled_errors",
    "published_errors",
    "rolled",
    "scaled_quantile_loss",
    "summed_over",
    "weighted_errors",
    "weighted_quantile_loss",
    "whole_periods",
    "windows",
    "with_quantiles",
]
