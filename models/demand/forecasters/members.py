"""All members on one panel: what each says of the next periods, their mean, and the weighted combination."""

from dataclasses import dataclass

import pandas as pd
from mlforecast import MLForecast

from models.demand.config import DemandConfig
from models.demand.drivers import DriverBook, DriverTable
from models.demand.forecasters import boosted, rhythm, statistical
from models.demand.forecasters.combination import DENSE, MEAN, TREES, WEIGHTED, equally_weighted
from models.demand.regimes import restored, treated

COMBINED = (MEAN, WEIGHTED)
RHYTHM = "rhythm"


@dataclass(frozen=True)
class FittedMembers:
    """The fitted trees, what they were fitted on, and every member's forecast (unique_id, ds, one column each)."""

    trees: MLForecast
    learned: pd.DataFrame
    forecasts: pd.DataFrame
    drivers: DriverTable | None = None


def forecast_members(
    panel: pd.DataFrame, config: DemandConfig, horizon: int, book: DriverBook | None = None
) -> pd.DataFrame:
    """`unique_id, ds`, one column per configured member; sorted by series and date.

    `weighted` has equal weights here: those of a back-test are put in by
    models.demand.forecasters.combination.weighted.  `book` is opened at the end of the panel: what was recorded later
    is not seen.
    """
    if TREES in singles(config):
        return fit_members(panel, config, horizon, book).forecasts
    learned = treated(panel, config.regimes, config.season_length)
    return _restored(combined(learned, config, horizon, None), panel, config)


def fit_members(
    panel: pd.DataFrame, config: DemandConfig, horizon: int, book: DriverBook | None = None
) -> FittedMembers:
    """The same, with the fitted trees.  Declared regimes are treated before fitting and put back after it."""
    learned = treated(panel, config.regimes, config.season_length)
    drivers = book.table(learned, horizon) if book else None
    trees = boosted.fit(learned, config.lightgbm, config.freq, config.season_length, drivers)
    table = combined(learned, config, horizon, boosted.predict(trees, horizon, drivers))
    return FittedMembers(trees, learned, _restored(table, panel, config), drivers)


def combined(panel: pd.DataFrame, config: DemandConfig, horizon: int, trees: pd.DataFrame | None) -> pd.DataFrame:
    """The statistical members beside the trees' forecast `unique_id, ds, lightgbm`."""
    names = [name for name in statistical.NAMES if name in singles(config)]
    table = statistical.forecast(
        panel,
        config.freq,
        config.season_length,
        horizon,
        config.ets_seasonal,
        names=names,
        method=config.intermittent_method,
        jobs=config.jobs,
    )
    if trees is not None:
        table = table.merge(trees, on=["unique_id", "ds"], how="left", validate="one_to_one")
    if RHYTHM in singles(config):
        shaped = rhythm.predict(rhythm.fit(panel, config.rhythm), panel, horizon)
        table = table.merge(shaped, on=["unique_id", "ds"], how="left", validate="one_to_one")
    if MEAN in config.members:
        table[MEAN] = equally_weighted(table, config.combination.averaged(config.members))
    if WEIGHTED in config.members:
        table[WEIGHTED] = equally_weighted(table, config.combination.weighted_in(config.members, DENSE))
    unlisted = sorted(singles(config) - set(config.members)) if WEIGHTED in config.members else []
    return table[["unique_id", "ds", *config.members, *unlisted]].sort_values(["unique_id", "ds"], ignore_index=True)


def singles(config: DemandConfig) -> frozenset[str]:
    """The members that must be computed: those listed, and those that a listed combination is made of."""
    rule, listed = config.combination, config.members
    averaged = rule.averaged(listed) if MEAN in listed else ()
    weighed = rule.weighable(listed) if WEIGHTED in listed else ()
    return frozenset({*listed, *averaged, *weighed} - set(COMBINED))


def _restored(table: pd.DataFrame, panel: pd.DataFrame, config: DemandConfig) -> pd.DataFrame:
    columns = [name for name in table.columns if name not in {"unique_id", "ds"}]
    return restored(table, panel, config.regimes, config.season_length, columns)
