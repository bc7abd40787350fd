"""A small live demand model and a service chain for the service's tests: fitted and computed for real, quickly."""

from functools import cache

import numpy as np

from configs.errors import ModelError
from models.answers import ModelStamp
from models.demand.forecasters import boosted
from models.demand.hierarchy import aggregate, published_series
from models.demand.model import DemandModel
from models.flow.whatif import WhatIf
from serving.planning.live import LiveDemand
from tests.models.demand.demand_data import series, together, weekly
from tests.serving.pages.faked.chains import flow_picture

STAMP = ModelStamp("demand_home_care_weekly", "3", "ab" * 32, "2024-12-31", "2025-01-01")
WEEKS = 60
SERIES = "901|visits|total"


@cache
def demand_model() -> DemandModel:
    """Two areas, visits and hours, three bands; the intervals are ±10 and ±20 %."""
    config = weekly()
    waves = 20 + np.arange(WEEKS) / 20 + 3 * np.sin(np.arange(WEEKS) / 4)
    parts = [
        series(f"{area}|{measure}|{band}", "2023-11-13", size * times * waves, "W-MON")
        for area, size in (("901", 1.0), ("902", 2.0))
        for measure, times in (("visits", 1.0), ("hours", 0.5))
        for band in ("under65", "65to74", "75plus")
    ]
    panel = together(*parts)
    forecaster = boosted.fit(panel, config.lightgbm, config.freq, config.season_length)
    ahead = boosted.predict(forecaster, config.horizon).rename(columns={boosted.MEMBER: "value"})
    table = aggregate(ahead, published_series(config, sorted(panel["unique_id"].unique())), ["ds"])
    table["step"] = table.groupby("series_id")["ds"].rank(method="first").astype(int)
    for level, width in (("80", 0.1), ("95", 0.2)):
        table[f"low{level}"], table[f"high{level}"] = table["value"] * (1 - width), table["value"] * (1 + width)
    booster = forecaster.models_[boosted.MEMBER].booster_
    backtest = {str(name): {"mase": 0.8, "wape": 0.05} for name in table["series_id"].unique()}
    return DemandModel(config, "lightgbm", booster, panel, table, backtest, {})


def small_demand() -> LiveDemand:
    """The live model; what is computed from it is kept by each one who holds it."""
    return LiveDemand(STAMP.name, STAMP, demand_model())


class _Chain:
    def what_if(self, stage: str, hours: float) -> WhatIf:
        if stage != "assessment":
            raise ModelError("The staffed hours of the stage are not known.")
        return WhatIf(stage, hours, 0.5, 2.0, 1.0, 2.0, 90.0)


class SmallFlow:
    """A service chain that is live."""

    name = "flow_home_care"
    stamp = ModelStamp("flow_home_care", "1", "cd" * 32, "2024-12-31", "2025-01-01")
    model = _Chain()
    picture = flow_picture()
