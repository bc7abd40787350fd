"""All members on one panel: what each says of the next periods, and their mean."""

import pandas as pd

from models.demand import boosted, rhythm, statistical
from models.demand.config import DemandConfig

SINGLE = ("seasonal_naive", "ets", "lightgbm")
MEAN_OF = ("ets", "lightgbm")


def forecast_members(panel: pd.DataFrame, config: DemandConfig, horizon: int) -> pd.DataFrame:
    """`unique_id, ds`, one column per configured member; sorted by series and date."""
    forecaster = boosted.fit(panel, config.lightgbm, config.freq, config.season_length)
    return combined(panel, config, horizon, boosted.predict(forecaster, horizon))


def combined(panel: pd.DataFrame, config: DemandConfig, horizon: int, trees: pd.DataFrame) -> pd.DataFrame:
    """The statistical members beside the trees' forecast `unique_id, ds, lightgbm`."""
    simple = statistical.forecast(panel, config.freq, config.season_length, horizon, config.ets_seasonal)
    table = simple.merge(trees, on=["unique_id", "ds"], how="left", validate="one_to_one")
    table["mean"] = table[list(MEAN_OF)].mean(axis=1)
    if "rhythm" in config.members:
        shaped = rhythm.predict(rhythm.fit(panel, config.rhythm), panel, horizon)
        table = table.merge(shaped, on=["unique_id", "ds"], how="left", validate="one_to_one")
    wanted = ["unique_id", "ds", *config.members]
    return table[wanted].sort_values(["unique_id", "ds"], ignore_index=True)
