"""What a series' errors are measured by when intervals are pooled over series.

The seasonal difference is the yardstick of MASE, but a poor one of errors some weeks ahead: a sum that has just become
two seasons old takes its seasonal difference from one or two periods, and growth, which is no error, counts in full.
In the demo county it rose ninefold from one origin to the next (the county's visits, January 2024), so that residuals
from before and after did not compare.  How far a series usually moves within the horizon has neither fault.
"""

import pandas as pd

SEASONAL, MOVES = "scale", "moves"
"""Columns of a back-test table: the seasonal difference, and the usual move within the horizon."""
SMALLEST = 1e-9


def series_moves(history: pd.DataFrame, horizon: int) -> pd.Series:
    """Mean |y_t − y_{t−k}| per `series_id`, mean over k = 1, half the horizon and the whole, in the series' unit.

    A lag that a series is too short for is left out; 1 where nothing moves.
    """
    ordered = history.sort_values(["series_id", "ds"])
    groups, names = ordered.groupby("series_id")["y"], ordered["series_id"]
    lags = sorted({1, max(horizon // 2, 1), horizon})
    found = pd.concat([groups.diff(lag).abs().groupby(names).mean() for lag in lags], axis=1).mean(axis=1)
    return found.where(found > SMALLEST, 1.0)
