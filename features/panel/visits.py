"""The planner's main panel: weekly visits and hours of one service by municipality and age band."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from configs.errors import DataError
from features.panel.dimensions import BANDS, UNKNOWN
from features.panel.series import SeriesRule, series_panel
from features.store import Snapshot

MEASURES = {"count": "visits", "hours": "hours"}
KEYS = ["area", "band", "measure", "ds"]


@dataclass(frozen=True)
class VisitRule:
    """Which contacts are the demand that is counted."""

    service: str
    status: str = "done"
    channel: str | None = None

    def series(self, lag_days: int) -> SeriesRule:
        """The rule as weekly series."""
        channel = {"channel": self.channel} if self.channel else {}
        return SeriesRule(
            filter={"service": self.service, "status": self.status, **channel},
            by=("area", "band"),
            codes={"band": (*BANDS, UNKNOWN)},
            measures=("count", "hours"),
            period="week",
            reporting_lag_days=lag_days,
        )


def visit_panel(snapshot: Snapshot, rule: VisitRule, areas: Sequence[str], lag_days: int) -> pd.DataFrame:
    """Weekly visits and hours of the rule's contacts by municipality and age band.

    Returns `area, band, measure ("visits" | "hours"), ds` (Monday) and `y` (visits a week, hours a week), complete
    weeks only.  Clients of unknown age are counted with the youngest band: no band of their own is planned for.
    Raises DataError when no such contact is in the store.
    """
    try:
        cells = series_panel(snapshot, rule.series(lag_days), areas)
    except DataError as error:
        if "No row" not in str(error):
            raise
        raise DataError(
            f"No contact with service {rule.service} is in the store. Check the mapping's code list."
        ) from None
    named = cells.assign(measure=cells["measure"].map(MEASURES), band=cells["band"].replace(UNKNOWN, BANDS[0]))
    summed = named.groupby(KEYS, observed=True)["y"].sum().reset_index()
    return summed[["ds", "measure", "y", "area", "band"]]
