"""Demand against staffed hours, with and without the scenario's changes of supply."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from configs.errors import ConfigError
from configs.phrases import Phrase
from models.planning.base import AREA, MEASURE, Base
from models.planning.scenarios.config import Scenario, SupplyChange
from models.planning.scenarios.ground import between, check
from models.planning.sums import Parts

HOURS = "hours"
COLUMNS = ("area", "ds", "demand_base", "demand", "hours_base", "hours")


def capacity_table(
    scenario: Scenario, base: Base, parts: Parts, after: np.ndarray, staffed: Mapping[str, float]
) -> pd.DataFrame:
    """`area, ds, demand_base, demand, hours_base, hours` in hours a period; empty where nothing is known of hours.

    `staffed` is direct hours a period by area.  Raises ConfigError when a `change` has no known hours to change.
    """
    changes = [one for one in scenario.supply if one.kind == "staffed_hours"]
    areas = [area for area in base.dimensions.get(AREA, ()) if area in staffed or _named(changes, area)]
    if not areas or HOURS not in base.dimensions.get(MEASURE, ()):
        return pd.DataFrame(columns=list(COLUMNS))
    rows = []
    for area in areas:
        now = np.full(len(parts.dates), staffed.get(area, np.nan))
        hours = _changed(now, changes, area, base, parts)
        inside = np.array([_is_hours(base.parts[part], area) for part in parts.ids])
        demand = (parts.values[inside].sum(axis=0), after[inside].sum(axis=0))
        rows += list(zip([area] * len(now), parts.dates, *demand, now, hours, strict=True))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _named(changes: list[SupplyChange], area: str) -> bool:
    return any(area in one.unit.get(AREA, ()) for one in changes)


def _is_hours(dimensions: Mapping[str, str], area: str) -> bool:
    return dimensions.get(AREA) == area and dimensions.get(MEASURE) == HOURS


def _changed(now: np.ndarray, changes: list[SupplyChange], area: str, base: Base, parts: Parts) -> np.ndarray:
    hours = now.copy()
    for one in changes:
        check(one.unit, base, "supply.unit")
        if one.unit and area not in one.unit.get(AREA, ()):
            continue
        active = between(parts.dates, one.starts, one.ends) > 0
        if one.hours is not None:
            hours[active] = one.hours
        elif np.isnan(now).any():
            english = (
                f"`supply` changes the staffed hours of area {area}, which are not known. Write `hours` instead of "
                "`change`, or give the hours of today under `capacity`."
            )
            raise ConfigError(Phrase(english, "hours_unknown", area=area))
        else:
            hours[active] = np.maximum(hours[active] + float(one.change or 0.0), 0.0)
    return hours
