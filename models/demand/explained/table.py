"""What each group adds to the shown number of every published series and period, in the planner's unit.

    base + calendar + level_trend + population + drivers + statistical + remainder = value

`value` is the shown number: combined, coherent, whatever was done to it.  `base` is the naive forecast: the mean of
the reference year.  The trees' groups are Shapley values of their re-forecasts times their share of the combination;
`statistical` is everything else that shapes the number (statistical members, reconciliation) at its difference from
the naive forecast; `remainder` is how far the trees are from the naive forecast when every group stands at its
reference.  Sums of series are explained by sums: Shapley values are linear.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
import pandas as pd

from models.demand.config import DemandConfig
from models.demand.drivers.table import DriverTable
from models.demand.explained.references import reference_length, reference_level
from models.demand.explained.reforecast import CALENDAR, DRIVERS, LEVEL, coalition_forecasts, tree_groups
from models.demand.explained.shapley import shapley
from models.demand.hierarchy import Published, aggregate

POPULATION, STATISTICAL = "population", "statistical"
GROUPS = (CALENDAR, LEVEL, POPULATION, DRIVERS, STATISTICAL)
COLUMNS = ("series_id", "ds", "step", "value", "base", *GROUPS, "remainder", "reference")


@dataclass(frozen=True)
class Explained:
    """What is explained: the trees, what they continue, and their share of each bottom series' combination."""

    config: DemandConfig
    observations: pd.DataFrame
    """Bottom series `unique_id, ds, y`."""
    booster: lightgbm.Booster
    share: float | Mapping[str, float]
    """Weight of the LightGBM member, one for all or by `unique_id`; 0 where it takes no part."""
    drivers: DriverTable | None = None


def explanations(
    what: Explained, forecast: pd.DataFrame, published: Sequence[Published], series: Sequence[str] | None = None
) -> pd.DataFrame:
    """The columns of COLUMNS for the shown forecast `series_id, ds, step, value`; of some `series` only when given.

    `reference` is the number of periods in the reference year.  All other numbers are in the unit of the series per
    period; their sum is `value` up to rounding (≤ 1e-9).
    """
    wanted = [one for one in published if series is None or one.series_id in series]
    parts = {part for one in wanted for part in one.parts}
    observations = what.observations[what.observations["unique_id"].isin(parts)]
    horizon = int(forecast["step"].max())
    groups, worths = _worths(what, observations, horizon)
    summed = aggregate(worths, wanted, ["ds"])
    table = forecast[["series_id", "ds", "step", "value"]].merge(summed, on=["series_id", "ds"], validate="one_to_one")
    return _shares(table, groups, reference_length(observations, what.config.period), wanted)


def _worths(what: Explained, observations: pd.DataFrame, horizon: int) -> tuple[tuple[str, ...], pd.DataFrame]:
    """The trees' groups with the population, and per bottom series `base, others` and the trees' part per coalition.

    `others` is the naive forecast times the share of everything but the trees.
    """
    config, drivers = what.config, what.drivers
    groups = tree_groups(config, drivers)
    table = coalition_forecasts(config, observations, what.booster, drivers, horizon)
    level = table["unique_id"].map(reference_level(observations, config.period)).to_numpy(float)
    share = _share_of(what.share, table["unique_id"])
    trees = [table[c].to_numpy(float) * share for c in range(2 ** len(groups))]
    if drivers is not None and drivers.scales:
        today = drivers.exposure(table)
        trees += [worth * today for worth in trees]
        groups = (*groups, POPULATION)
    named = {f"trees{c}": worth for c, worth in enumerate(trees)}
    return groups, table[["unique_id", "ds"]].assign(base=level, others=level * (1 - share), **named)


def _share_of(share: float | Mapping[str, float], ids: pd.Series) -> np.ndarray:
    if isinstance(share, Mapping):
        return ids.map(share).fillna(0.0).to_numpy(float)
    return np.full(len(ids), float(share))


def _shares(
    table: pd.DataFrame, groups: Sequence[str], lengths: pd.Series, published: Sequence[Published]
) -> pd.DataFrame:
    trees = np.stack([table[f"trees{c}"].to_numpy(float) for c in range(2 ** len(groups))])
    rest = table["value"].to_numpy(float) - trees[-1]
    others = table["others"].to_numpy(float)
    worth = np.concatenate([trees + others, trees + rest])  # the statistical part joins as the last group
    found = dict(zip((*groups, STATISTICAL), shapley(worth), strict=True))
    whole = {one.series_id: int(min(lengths[part] for part in one.parts)) for one in published}
    shown = table.assign(
        **{name: found.get(name, np.zeros(len(table))) for name in GROUPS},
        remainder=worth[0] - table["base"].to_numpy(float),
        reference=table["series_id"].map(whole),
    )
    return shown[list(COLUMNS)]
