"""What was known of one bucket of clients: tables as of a date, and who lived where on a day."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from evaluation.areas.settings import OTHER
from features.known import known_at
from features.panel.dimensions import band_of
from features.tables import TABLES

NO_SEGMENT = "none"
HOME = ("client_id", "area", "band", "segment", "age", "resident", "observed_from")


class World:
    """The rows of some clients that were known strictly before `as_of`, and their homes by day."""

    def __init__(
        self, tables: Mapping[str, pd.DataFrame], as_of: date, area_of: Mapping[str, str], scheme: str
    ) -> None:
        self.as_of = pd.Timestamp(as_of)
        self._raw, self._area_of, self._scheme = tables, area_of, scheme
        self._known: dict[str, pd.DataFrame] = {}
        self._homes: dict[pd.Timestamp, pd.DataFrame] = {}

    def table(self, name: str) -> pd.DataFrame:
        """A table's known rows; a date that was not known yet is empty."""
        if name not in self._known:
            known = known_at(TABLES[name], self._raw[name], self.as_of.date())
            if "client_id" in known:
                known = known.assign(client_id=known["client_id"].astype(object))
            self._known[name] = known.reset_index(drop=True)
        return self._known[name]

    def homes(self, day: pd.Timestamp) -> pd.DataFrame:
        """HOME of everybody who ever lived in the county before `day`; `resident`: alive and living here on the eve."""
        if day not in self._homes:
            self._homes[day] = self._home(day)
        return self._homes[day]

    def residents(self, day: pd.Timestamp) -> pd.DataFrame:
        """The homes of those who live here."""
        homes = self.homes(day)
        return homes[homes["resident"].to_numpy(bool)].reset_index(drop=True)

    def dead(self, day: pd.Timestamp) -> frozenset[str]:
        """Clients who had died before `day`."""
        stays = self.table("residents")
        return frozenset(stays.loc[(stays["died_on"] < day).to_numpy(bool), "client_id"])

    def _home(self, day: pd.Timestamp) -> pd.DataFrame:
        stays = self.table("residents")
        begun = stays[stays["valid_from"] < day].sort_values(["client_id", "valid_from"], kind="stable")
        newest = begun.drop_duplicates("client_id", keep="last").reset_index(drop=True)
        year = pd.Series((day - pd.Timedelta(days=1)).year, index=newest.index)
        gone = (newest["valid_to"] < day) | (newest["died_on"] < day)
        return pd.DataFrame(
            {
                "client_id": newest["client_id"],
                "area": newest["municipality"].astype(object).map(self._area_of).fillna(OTHER),
                "band": band_of(year, newest["birth_year"]),
                "segment": self._segments(newest["client_id"], day),
                "age": (year - newest["birth_year"]).to_numpy(np.float64),
                "resident": ~gone.to_numpy(bool),
                "observed_from": newest["history_start"],
            }
        )

    def _segments(self, clients: pd.Series, day: pd.Timestamp) -> np.ndarray:
        records = self.table("segment_records")
        own = records[(records["scheme"] == self._scheme) & (records["time"] < day)].sort_values("time", kind="stable")
        latest = own.drop_duplicates("client_id", keep="last").set_index("client_id")["segment"].astype(object)
        return clients.map(latest).fillna(NO_SEGMENT).to_numpy(object)
