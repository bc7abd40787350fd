"""Every window's forecasts: of the bottom series, combined, and summed to the published ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
from tqdm import tqdm

from evaluation.backtest.choosing import SEASONS_TO_CHOOSE, combined_columns
from evaluation.backtest.coherent import Ground, coherent_columns
from evaluation.backtest.windows import windows
from models.demand.coherence.reconcile import Coherence
from models.demand.config import DemandConfig
from models.demand.forecasters.combination import Choice, groups_of
from models.demand.hierarchy import Published, aggregate, level_of
from models.demand.intervals import series_scale
from models.demand.regimes import inside_any, treated
from models.demand.windows import Window, cut, long_enough
from models.demand.yardsticks import MOVES, series_moves

Forecaster = Callable[[pd.DataFrame, DemandConfig, int], pd.DataFrame]
OF_WINDOW = ("origin", "known", "seasoned", "reported", "step", "scale", "group", "regime")


@dataclass(frozen=True)
class Tested:
    """A back-test.

    `table` has the published series: `origin, known, seasoned` (two seasons are known), `reported, series_id, ds, step,
    y, scale, level, regime`, one column per member, and `served` (what the choice for that window says).  `bottom` has
    the same of the series that are forecast themselves (`unique_id`, `group`).  `choice` is that for the forecast which
    is served, `coherence` the method that makes it add up, and `sums` the choice for the sums themselves where MinT was
    a candidate.
    """

    table: pd.DataFrame
    bottom: pd.DataFrame
    choice: Choice
    coherence: Coherence
    sums: Choice | None = None


def rolled(
    panel: pd.DataFrame,
    published: Sequence[Published],
    config: DemandConfig,
    forecaster: Forecaster,
    sums_forecaster: Forecaster | None = None,
) -> Tested:
    """Every window forecast, combined by windows before it, made coherent, and summed.

    Series that are too short at an origin are left out of that window.  `sums_forecaster` forecasts the sums
    themselves, which MinT needs; without one it is not a candidate.
    """
    bottom, choice = combined_columns(rolling_members(panel, config, forecaster), config)
    ground = Ground.of(panel, published, config)
    sums, of_sums = _sums(ground, config, sums_forecaster)
    bottom, coherence = coherent_columns(bottom, sums, ground)
    parts = [_published(rows, panel, published, config) for _, rows in bottom.groupby("origin")]
    return Tested(pd.concat(parts, ignore_index=True), bottom, choice, coherence, of_sums)


def rolling_members(
    panel: pd.DataFrame,
    config: DemandConfig,
    forecaster: Forecaster,
    dates: pd.DatetimeIndex | None = None,
    what: str = "back-test",
) -> pd.DataFrame:
    """What every member says at every origin of every bottom series that is long enough there.

    `dates`: the periods that origins are counted on, where the panel's own begin later.
    """
    own = pd.DatetimeIndex(sorted(panel["ds"].unique())) if dates is None else dates
    made = tqdm(windows(len(own), config), desc=what, disable=None)
    parts = [_one(panel, config, forecaster, window, own) for window in made]
    return pd.concat([part for part in parts if part is not None], ignore_index=True)


def _sums(
    ground: Ground, config: DemandConfig, forecaster: Forecaster | None
) -> tuple[pd.DataFrame | None, Choice | None]:
    if forecaster is None or not ground.wants_sums:
        return None, None
    panel = ground.sums_panel
    if not (panel.groupby("unique_id").size() >= config.minimum_periods + config.horizon).any():
        return None, None
    table = rolling_members(panel, config, forecaster, ground.history.dates, "back-test of the sums")
    return combined_columns(table, config)


def _one(
    panel: pd.DataFrame, config: DemandConfig, forecaster: Forecaster, window: Window, dates: pd.DatetimeIndex
) -> pd.DataFrame | None:
    at = cut(panel, dates, window, config.minimum_periods)
    if at.known.empty:
        return None
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
    past = aggregate(learned, published, ["ds"])
    scale, moves = series_scale(past, config.season_length), series_moves(past, config.horizon)
    return summed.assign(
        origin=first["origin"],
        known=first["known"],
        seasoned=first["seasoned"],
        reported=first["reported"],
        step=summed["ds"].map(steps),
        scale=summed["series_id"].map(scale),
        **{MOVES: summed["series_id"].map(moves)},
        level=summed["series_id"].map(level_of(published)),
        regime=inside_any(summed["ds"], config.regimes),
    )
