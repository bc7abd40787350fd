"""What borrowing is worth: known areas are hidden at past origins and forecast from the others."""

from collections.abc import Callable, Sequence

import pandas as pd

from models.demand.cold_start import ColdStart, Known, borrow

Forecaster = Callable[[pd.DataFrame], pd.DataFrame]
"""Observations `unique_id, ds, y` → `unique_id, ds, value` of the horizon."""


def hidden_errors(
    panel: pd.DataFrame,
    cells: pd.DataFrame,
    traits: pd.DataFrame,
    origins: Sequence[pd.Timestamp],
    own_periods: int,
    forecaster: Forecaster,
    rule: ColdStart,
    minimum: int,
) -> pd.DataFrame:
    """`area, origin, unique_id, ds, value, y, own` of every area that can be hidden at each origin.

    A hidden area keeps its last `own_periods` periods before the origin; the forecaster never sees it.  Areas with
    fewer than `minimum` periods at the origin neither lend nor are hidden: their truth is not known well enough.
    """
    parts = []
    for origin in origins:
        known = panel[panel["ds"] <= origin]
        known = known[known.groupby("unique_id")["ds"].transform("size") >= minimum]
        joined = known.merge(cells, on="unique_id")
        for area in sorted(joined["area"].unique()):
            others = known[known["unique_id"].isin(joined.loc[joined["area"] != area, "unique_id"])]
            own = joined[joined["area"] == area].groupby("unique_id").tail(own_periods)[["unique_id", "ds", "y"]]
            found = borrow(area, Known(pd.concat([others, own]), forecaster(others), cells, traits), rule)
            if found is not None:
                parts.append(found[0].assign(area=area, origin=origin, own=own_periods))
    if not parts:
        return pd.DataFrame(columns=["area", "origin", "unique_id", "ds", "value", "y", "own"])
    return pd.concat(parts, ignore_index=True).merge(panel, on=["unique_id", "ds"])
