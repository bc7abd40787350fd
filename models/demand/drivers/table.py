"""Driver columns of a panel, past and future: what the trees may know beside a series' own history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from configs.errors import ModelError

Group = Literal["calendar", "drivers"]
EXPOSURE = "exposure"
"""Population of a period ÷ population of the series' last observed period: the trees forecast at today's population."""
KEYS = ["unique_id", "ds"]


@dataclass(frozen=True)
class DriverTable:
    """`unique_id, ds`, one column per driver and perhaps `exposure`, for every period of a panel and its horizon.

    Every value was known on the day of the forecast: the future holds what is known in advance (calendar, decided
    openings, population) or a stated expectation (seasonal mean of discharges), never an observation.
    """

    frame: pd.DataFrame
    groups: Mapping[str, Group] = field(default_factory=dict)
    """Driver column → the group that explains it."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the trees see."""
        return tuple(self.groups)

    @property
    def scales(self) -> bool:
        """True when the population scales the forecast."""
        return EXPOSURE in self.frame.columns

    def joined(self, panel: pd.DataFrame) -> pd.DataFrame:
        """The observations `unique_id, ds, y` at today's population, with the driver columns.

        Raises ModelError when a driver says nothing of an observed period.
        """
        rows = panel[[*KEYS, "y"]].merge(self.frame, on=KEYS, how="left", validate="one_to_one")
        self._complete(rows)
        if self.scales:
            rows = rows.assign(y=rows["y"] / rows[EXPOSURE]).drop(columns=EXPOSURE)
        return rows[[*KEYS, "y", *self.columns]]

    def ahead(self, keys: pd.DataFrame) -> pd.DataFrame | None:
        """The driver columns at the future `unique_id, ds`; None when the trees see none."""
        if not self.columns:
            return None
        rows = keys[KEYS].merge(self.frame[[*KEYS, *self.columns]], on=KEYS, how="left", validate="one_to_one")
        self._complete(rows)
        return rows

    def exposure(self, keys: pd.DataFrame) -> np.ndarray:
        """float64[rows]: what a forecast at today's population is multiplied by."""
        if not self.scales:
            return np.ones(len(keys))
        rows = keys[KEYS].merge(self.frame[[*KEYS, EXPOSURE]], on=KEYS, how="left", validate="one_to_one")
        self._complete(rows)
        return rows[EXPOSURE].to_numpy(float)

    def of(self, ids: Sequence[str]) -> "DriverTable":
        """The same table with the rows of some series only."""
        return DriverTable(self.frame[self.frame["unique_id"].isin(ids)], self.groups)

    def _complete(self, rows: pd.DataFrame) -> None:
        lacking = rows.isna().any(axis=1)
        if lacking.any():
            first = rows[lacking].iloc[0]
            column = str(first.index[first.isna()][0])
            raise ModelError(
                f"The driver {column} has no value for the series {first['unique_id']} at "
                f"{first['ds'].date().isoformat()}. Give drivers for every observed period and the whole horizon."
            )
