"""All short series of a panel at once: who lends to which area, and what stands behind every series."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from features.panel.drivers import known_before
from features.panel.periods import Period
from models.demand.cold_start.borrow import Known, Loan, borrow
from models.demand.cold_start.config import ColdStart
from models.demand.cold_start.status import SeriesStatus, borrowed_status, own_status
from models.texts import Text


@dataclass(frozen=True)
class Lent:
    """What the short series got."""

    forecasts: pd.DataFrame
    """`unique_id, ds, value` of the borrowed series; empty when nobody borrowed."""
    statuses: Mapping[str, SeriesStatus]
    """Every bottom series → its status."""
    loans: Mapping[str, Loan]
    """Area → who lent to it."""


def lend(
    known: Known,
    minimum: int,
    period: Period,
    names: Mapping[str, Text],
    rule: ColdStart | None,
    reporting_lag_days: int = 0,
) -> Lent:
    """Forecasts for every area with a series shorter than `minimum` periods, and the status of all series.

    An area borrows whole: its longer series are then lent too, so that its parts fit together.  `names`: area → its
    name in three languages.  Without a `rule`, or without a lender, short series have `not_enough_data`.
    """
    last = known.observations["ds"].max()
    has = known.observations.groupby("unique_id").size().reindex(known.cells["unique_id"], fill_value=0)
    statuses = {str(one): own_status(int(n), minimum, last, period, reporting_lag_days) for one, n in has.items()}
    short = known.cells[known.cells["unique_id"].map(has) < minimum]
    lending = known.cells[~known.cells["area"].isin(short["area"])]["unique_id"]
    lenders = replace(known, forecasts=known.forecasts[known.forecasts["unique_id"].isin(lending)])
    parts, loans = [], {}
    for area in sorted(short["area"].unique()):
        found = borrow(area, lenders, rule) if rule else None
        if found is None:
            continue
        parts.append(found[0])
        loans[area] = found[1]
        for one in found[0]["unique_id"].unique():
            missing = statuses[one] if statuses[one].status != "forecast" else _shortest(statuses, short, area)
            statuses[one] = borrowed_status(missing, found[1], names, period)
    empty = pd.DataFrame(columns=["unique_id", "ds", "value"])
    return Lent(pd.concat(parts, ignore_index=True) if parts else empty, statuses, loans)


def area_traits(population: pd.DataFrame, ages: tuple[int, int], as_of: pd.Timestamp) -> pd.DataFrame:
    """Index area: `size` (persons of these ages) and `aged` (their share of all), of the last year known on `as_of`."""
    known = known_before(population, as_of)
    newest = known[known["day"] == known.groupby("area")["day"].transform("max")]
    served = newest[(newest["low"] >= ages[0]) & (newest["high"] <= ages[1])].groupby("area")["persons"].sum()
    everybody = newest.groupby("area")["persons"].sum()
    return pd.DataFrame({"size": served, "aged": served / everybody})


def _shortest(statuses: Mapping[str, SeriesStatus], short: pd.DataFrame, area: str) -> SeriesStatus:
    mine = short.loc[short["area"] == area, "unique_id"]
    return min((statuses[one] for one in mine), key=lambda status: status.has)
