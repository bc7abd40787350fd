"""Intervals of series that share a level and not its errors."""

import numpy as np
import pandas as pd
import pytest

from evaluation.backtest import calibrate, covered
from models.demand.own_scale import other_window_factors, own_factors

LEVELS = {"calm": "county", "wild": "county"}


def residuals(**by_series: list[float]) -> pd.DataFrame:
    """One residual per window."""
    rows = [("county", name, k, one) for name, values in by_series.items() for k, one in enumerate(values)]
    return pd.DataFrame(rows, columns=["level", "series_id", "origin", "scaled"])


def test_a_series_own_error_is_shrunk_to_that_of_its_level():
    found = own_factors(residuals(calm=[1.0] * 4, wild=[3.0] * 4))
    # own means 1 and 3, pooled 2; four windows weigh as much as the level: (1 + 2)/2 and (3 + 2)/2 over 2
    assert dict(found) == {"calm": 1.5 / 2, "wild": 2.5 / 2}


def test_few_windows_say_nothing_of_one_series():
    rows = residuals(calm=[1.0] * 3, wild=[3.0] * 3)
    assert set(own_factors(rows)) == {1.0}
    assert set(other_window_factors(rows)) == {1.0}


def test_no_residual_shrinks_itself():
    rows = residuals(calm=[1.0, 1.0, 1.0, 9.0], wild=[3.0] * 4)
    last = other_window_factors(rows)[(rows["series_id"] == "calm") & (rows["origin"] == 3)].iloc[0]
    # the other three windows: own 1, pooled 2: (1 x 3 + 2 x 4) / 7 over 2
    assert last == pytest.approx((1 * 3 + 2 * 4) / 7 / 2)


def drawn(windows: int = 12, steps: int = 6) -> pd.DataFrame:
    """A calm and a wild series of one level; the last two windows are reported."""
    rng = np.random.default_rng(5)
    rows = pd.DataFrame(
        [(origin, name, step) for origin in range(windows) for name in LEVELS for step in range(1, steps + 1)],
        columns=["origin", "series_id", "step"],
    )
    spread = rows["series_id"].map({"calm": 1.0, "wild": 4.0})
    return rows.assign(
        level="county", reported=rows["origin"] >= windows - 4, scale=1.0, ets=50.0, y=50 + rng.normal(0, spread),
        ds=rows["origin"] + rows["step"],
    )  # fmt: skip


def test_both_a_calm_and_a_wild_series_are_covered():
    found = covered(drawn(30), "ets", 6, LEVELS).assign(inside=lambda rows: rows["y"].between(rows.low80, rows.high80))
    share = found.groupby("series_id")["inside"].mean()
    width = found.groupby("series_id").apply(lambda rows: (rows["high80"] - rows["low80"]).mean(), include_groups=False)
    assert width["wild"] > 2.5 * width["calm"]
    assert share["wild"] > 0.6
    assert share["calm"] < 1.0


def test_only_the_newest_windows_calibrate_where_that_is_asked():
    rows = pd.DataFrame({"level": "a", "series_id": "a", "step": 1, "origin": [1, 2, 3], "y": 10.0, "scale": 1.0})
    rows = rows.assign(ets=[20.0, 12.0, 11.0])
    assert calibrate(rows, "ets", 1).quantiles["a"][0.95] == [10.0]
    assert calibrate(rows, "ets", 1, 2).quantiles["a"][0.95] == [2.0]
