"""The served forecast of the bottom series as the chosen method makes it coherent."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.backtest import Tested
from evaluation.backtest.coherent import Ground
from models.demand.coherence.windows import scales
from models.demand.combination import Choice, groups_of, served
from models.demand.config import DemandConfig
from models.demand.hierarchy import Published
from models.demand.matrix import PanelMatrix
from models.demand.members import forecast_members


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
