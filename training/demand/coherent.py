"""The served forecast made coherent over areas and over time, and what the bundle says of its sums."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.backtest import (
    Calibration,
    Tested,
    expected_over,
    judged_over,
    longer_periods,
    longer_widths,
    summed_over,
    whole_periods,
)
from evaluation.backtest.coherent import Ground
from features.panel.periods import Period
from models.demand.coherence.stored import Sums
from models.demand.coherence.windows import scales
from models.demand.config import DemandConfig
from models.demand.forecasters.combination import Choice, groups_of, served
from models.demand.forecasters.matrix import PanelMatrix
from models.demand.forecasters.members import forecast_members
from models.demand.hierarchy import Published, aggregate, level_of
from models.demand.intervals import series_scale
from models.demand.yardsticks import MOVES, series_moves
from training.demand.cold_start import Loans, Standing

BOUNDS = ("low80", "high80", "low95", "high95")


def coherent_ahead(
    config: DemandConfig, panel: pd.DataFrame, members: pd.DataFrame, tested: Tested, published: Sequence[Published]
) -> pd.DataFrame:
    """`unique_id, ds, value` of the bottom series, in whole grains: their sums are exact.

    `members`: what every member says of them, with `group`.
    """
    ground, method = Ground.of(panel, published, config), tested.coherence
    own = members[["unique_id", "ds"]].assign(value=served(members, tested.choice))
    sums = None
    if method.method == "mint" and tested.sums is not None:
        sums = _matrix(_sums_ahead(config, ground.sums_panel, tested.sums), ground.sums, config)
    now = [ground.history.values.shape[1] - 1]
    scale = scales(ground.history.values, now, config.season_length)[:, 0]
    points = method.bottom(_matrix(own, ground.history, config), scale, sums)
    place = pd.Index(ground.history.ids).get_indexer(pd.Index(own["unique_id"]))
    return own.assign(value=points[place, _steps(own, ground.history, config) - 1])


def scale_now(
    config: DemandConfig, learned: pd.DataFrame, published: Sequence[Published], calibration: Calibration
) -> pd.Series:
    """The yardstick of every published series today, with its own factor."""
    past = aggregate(learned, published, ["ds"])
    moves = calibration.yardstick == MOVES
    found = series_moves(past, config.horizon) if moves else series_scale(past, config.season_length)
    return calibration.scale(found)


def sums_of(
    config: DemandConfig,
    tested: Tested,
    own: pd.DataFrame,
    calibration: Calibration,
    scale: pd.Series,
    standing: Standing,
    loans: Loans,
) -> Sums:
    """What the bundle says of its sums.  `own`: the published forecast without borrowed parts."""
    levels, method = level_of(standing.own), tested.coherence
    adding = [one.series_id for one in standing.published if one.measure in config.adding]
    own, table = (rows[rows["series_id"].isin(adding)] for rows in (own, tested.table))
    tables: dict[Period, pd.DataFrame] = {}
    expected: dict[Period, dict[str, dict[str, float]]] = {}
    for period in longer_periods(config):
        found = whole_periods(config, pd.DatetimeIndex(sorted(own["ds"].unique())), period)
        judged = judged_over(table, config, levels, period) if found else None
        if judged is None:
            continue
        widths = longer_widths(table, config, calibration, levels, found)
        made = loans.added(summed_over(own, found, widths, scale, levels), found)
        made = made[made["series_id"].isin(adding)]
        expected[period] = expected_over(judged)
        tables[period] = made.reset_index(drop=True)[["series_id", "ds", "step", "value", *BOUNDS]]
    return Sums(method.method, dict(method.errors), method.windows, calibration.yardstick, tables, expected)


def _sums_ahead(config: DemandConfig, panel: pd.DataFrame, choice: Choice) -> pd.DataFrame:
    said = forecast_members(panel, config, config.horizon)
    said = said.assign(group=said["unique_id"].map(groups_of(panel, config.combination, config.season_length)))
    return said[["unique_id", "ds"]].assign(value=served(said, choice))


def _matrix(table: pd.DataFrame, history: PanelMatrix, config: DemandConfig) -> np.ndarray:
    """[series, step]; unknown where there is no forecast."""
    found = np.full((len(history.ids), config.horizon), np.nan)
    place = pd.Index(history.ids).get_indexer(pd.Index(table["unique_id"]))
    found[place, _steps(table, history, config) - 1] = table["value"].to_numpy(float)
    return found


def _steps(table: pd.DataFrame, history: PanelMatrix, config: DemandConfig) -> np.ndarray:
    ahead = pd.date_range(history.dates[-1], periods=config.horizon + 1, freq=config.freq)
    return np.asarray(ahead.get_indexer(pd.DatetimeIndex(table["ds"])))
