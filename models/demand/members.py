"""All members on one panel: what each says of the next periods, and their mean."""

import pandas as pd

from models.demand import boosted, statistical
from models.demand.config import DemandConfig
from models.demand.drivers import DriverBook

SINGLE = ("seasonal_naive", "ets", "lightgbm")
MEAN_OF = ("ets", "lightgbm")


def forecast_members(
    panel: pd.DataFrame, config: DemandConfig, horizon: int, book: DriverBook | None = None
) -> pd.DataFrame:
    """`unique_id, ds`, one column per configured member; sorted by series and date.

    `book` is opened at the end of the panel: what was recorded later is not seen.
    """
    drivers = book.table(panel, horizon) if book else None
    forecaster = boosted.fit(panel, config.lightgbm, config.freq, config.season_length, drivers)
    return combined(panel, config, horizon, boosted.predict(forecaster, horizon, drivers))


def combined(panel: pd.DataFrame, config: DemandConfig, horizon: int, trees: pd.DataFrame) -> pd.DataFrame:
    """The statistical members beside the trees' forecast `unique_id, ds, lightgbm`."""
    simple = statistical.forecast(panel, config.freq, config.season_length, horizon, config.ets_seasonal)
    table = simple.merge(trees, on=["unique_id", "ds"], how="left", validate="one_to_one")
    table["mean"] = table[list(MEAN_OF)].mean(axis=1)
    wanted = ["unique_id", "ds", *config.members]
    return table[wanted].sort_values(["unique_id", "ds"], ignore_index=True)
