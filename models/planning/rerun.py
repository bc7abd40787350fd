"""The forecasting member run again under a changed population: what it itself makes of a scenario."""

from dataclasses import replace

import numpy as np
import pandas as pd

from models.demand.drivers.table import EXPOSURE, KEYS, DriverTable
from models.demand.forecasters.boosted import MEMBER
from models.demand.forecasters.rebuilt import forecast_again
from models.demand.model import DemandModel
from models.demand.regimes import treated
from models.planning.scenarios.ground import Rerun

FACTOR = "factor"


def rerun_of(model: DemandModel) -> Rerun | None:
    """`unique_id, ds, factor` of the population → the same of the LightGBM member's forecast, changed ÷ unchanged.

    None when the model has no population driver: its member cannot know what a population does.  A series that the
    member does not forecast (borrowed) keeps the population's own factor; so does a period of which it says nothing.
    """
    drivers = model.reasons.drivers if model.reasons else None
    if drivers is None or not drivers.scales:
        return None
    before = _forecast(model, drivers)

    def rerun(change: pd.DataFrame) -> pd.DataFrame:
        after = _forecast(model, _grown(drivers, change))
        ratio = (after / before.where(before > 0)).rename("ratio").reset_index()
        joined = change.merge(ratio, on=KEYS, how="left")
        return change.assign(**{FACTOR: joined["ratio"].fillna(joined[FACTOR]).to_numpy(float)})

    return rerun


def _grown(drivers: DriverTable, change: pd.DataFrame) -> DriverTable:
    """The drivers with the population of the changed periods times its factor."""
    frame = drivers.frame.merge(change[[*KEYS, FACTOR]], on=KEYS, how="left")
    grown = frame[EXPOSURE] * frame[FACTOR].fillna(1.0)
    return replace(drivers, frame=frame.assign(**{EXPOSURE: grown}).drop(columns=FACTOR))


def _forecast(model: DemandModel, drivers: DriverTable) -> pd.Series:
    config = model.config
    learned = treated(model.observations, config.regimes, config.season_length)
    made = forecast_again(config, learned, model.booster, drivers=drivers)
    return made.set_index(KEYS)[MEMBER].astype(np.float64)
