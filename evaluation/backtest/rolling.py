"""Every window's forecasts: of the bottom series, combined, and summed to the published ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
from tqdm import tqdm

from evaluation.backtest.choosing import SEASONS_TO_CHOOSE, combined_columns
from evaluation.backtest.windows import windows
from models.demand.combination import Choice, groups_of
from models.demand.config import DemandConfig
from models.demand.hierarchy import Published, aggregate, level_of
from models.demand.intervals import series_scale
from models.demand.regimes import inside_any, treated
from models.demand.windows import Window, cut, long_enough

Forecaster = Callable[[pd.DataFrame, DemandConfig, int], pd.DataFrame]
OF_WINDOW = ("origin", "known", "seasoned", "reported", "step", "scale", "group", "regime")


@dataclass(frozen=True)
class Tested:
    """A back-test.

    `table` has the published series: `origin, known, seasoned` (two seasons are known)`, reported, series_id, ds, step,
    y, scale, level, regime`, one column per member, and `served` (what the choice for that window says).  `bottom` has
    the same of the series that are forecast themselves (`unique_id`, `group`).  `choice` is that for the forecast which
    is served.
    """

    table: pd.DataFrame
    bottom: pd.DataFrame
    choice: Choice


def rolled(panel: pd.DataFrame, published: Sequence[Published], config: DemandConfig, forecaster: Forecaster) -> Tested:
    """Every window forecast, combined by windows before it, and summed.

    Series that are too short at an origin are left out of that window.
    """
    bottom, choice = combined_columns(rolling_members(panel, config, forecaster), config)
    parts = [_published(rows, panel, published, config) for _, rows in bottom.groupby("origin")]
    return Tested(pd.concat(parts, ignore_index=True), bottom, choice)


def rolling_members(panel: pd.DataFrame, config: DemandConfig, forecaster: Forecaster) -> pd.DataFrame:
    """What every member says at every origin of every bottom series that is long enough there."""
    dates = pd.DatetimeIndex(sorted(panel["ds"].unique()))
    made = tqdm(windows(len(dates), config), desc="back-test", disable=None)
    return pd.concat([_one(panel, config, forecaster, window, dates) for window in made], ignore_index=True)


def _one(
    panel: pd.DataFrame, config: DemandConfig, forecaster: Forecaster, window: Window, dates: pd.DatetimeIndex
) -> pd.DataFrame:
    at = cut(panel, dates, window, config.minimum_periods)
    rows = forecaster(at.known, config, window.horizon).merge(at.ahead, on=["unique_id", "ds"])
    learned = treated(at.known, config.regimes, config.season_length)
    scale = series_scale(learned.rename(columns={"unique_id": "series_id"}), config.season_length)
    return rows.assign(
        origin=at.origin,
        known=window.known,
        seasoned=window.known >= SEASONS_TO_CHOOSE * config.season_length,
        reported=window.reported,
        step=rows["ds"].map(at.steps),
        scale=rows["unique_id"].map(scale),
        group=rows["unique_id"].map(groups_of(at.known, config.combination, config.season_length)),
        regime=inside_any(rows["ds"], config.regimes),
    )


def _published(
    rows: pd.DataFrame, panel: pd.DataFrame, published: Sequence[Published], config: DemandConfig
) -> pd.DataFrame:
    """One window's rows summed.  The scale is that of the summed history."""
    first = rows.iloc[0]
    known = long_enough(panel[panel["ds"] <= first["origin"]], config.minimum_periods)
    summed = aggregate(rows.drop(columns=list(OF_WINDOW)), published, ["ds"])
    steps = rows.drop_duplicates("ds").set_index("ds")["step"]
    learned = treated(known, config.regimes, config.season_length)
    scale = series_scale(aggregate(learned, published, ["ds"]), config.season_length)
    return summed.assign(
        origin=first["origin"],
        known=first["known"],
        seasoned=first["seasoned"],
        reported=first["reported"],
        step=summed["ds"].map(steps),
        scale=summed["series_id"].map(scale),
        level=summed["series_id"].map(level_of(published)),
        regime=inside_any(summed["ds"], config.regimes),
    )
