"""Prediction rows and the tables of their clients as integer arrays: whose, and on which day."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.catalogue.families import Condition
from features.columnar import Columns, as_columns
from features.selection import matches
from features.tables import TABLES
from features.windows import NEVER, day_numbers

DAYS = 1 << 20
"""Day numbers of one client in a joined key: more than any calendar day has."""
Tables = Mapping[str, Columns]


@dataclass(frozen=True)
class Rows:
    """The prediction rows of some clients.  Day numbers since 1970-01-01; NEVER where there is none."""

    ids: np.ndarray
    """Client ids in the order of their numbers."""
    client: np.ndarray
    """int32, the number of each row's client."""
    as_of: np.ndarray
    client_died: np.ndarray
    """int32, each client's day of death (latest version)."""
    client_left: np.ndarray
    """int32, the day on which each client moved away; NEVER for those who died or stayed."""

    def __len__(self) -> int:
        return len(self.client)

    @property
    def died(self) -> np.ndarray:
        """int32, the day of death of each row's client."""
        return self.client_died[self.client]

    @property
    def left(self) -> np.ndarray:
        """int32, the day on which each row's client moved away."""
        return self.client_left[self.client]


@dataclass(frozen=True)
class Chosen:
    """Places in a table, by client and then by day."""

    client: np.ndarray
    day: np.ndarray
    place: np.ndarray


@dataclass(frozen=True)
class Facts:
    """What a rule is asked about: the rows, and the tables of their clients."""

    rows: Rows
    tables: Tables

    def chosen(self, table: str, conditions: Mapping[str, Condition], date: str, latest: bool = True) -> Chosen:
        """The rows' clients' rows of a table that satisfy the conditions; in their latest version unless asked."""
        columns = self.tables[table]
        client, day = numbers_of(columns, self.rows.ids), columns.days(date)
        wanted = (client >= 0) & (day < NEVER) & matches(columns, conditions)
        if latest:
            wanted &= columns.days("superseded_at") >= NEVER
        places = np.flatnonzero(wanted)
        order = np.argsort(joined(client[places], day[places]), kind="stable")
        places = places[order]
        return Chosen(client[places], day[places], places)


def facts_of(
    rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame] | Tables, residents: pd.DataFrame | Columns
) -> Facts:
    """The rows (client_id, as_of) and their tables as numbers."""
    client, ids = pd.factorize(rows["client_id"].astype(object).to_numpy())
    held = as_columns(residents)
    died, left = _last_days(held, ids)
    people = Rows(np.asarray(ids, object), client.astype(np.int32), as_of_days(rows), died, left)
    return Facts(people, {name: as_columns(table) for name, table in tables.items() if name in TABLES})


def as_of_days(rows: pd.DataFrame) -> np.ndarray:
    """Day numbers of the rows' `as_of`."""
    return day_numbers(rows["as_of"].to_numpy())


def joined(client: np.ndarray, day: np.ndarray) -> np.ndarray:
    """One number that sorts by client and then by day."""
    return client.astype(np.int64) * DAYS + np.clip(day, 0, DAYS - 1)


def numbers_of(columns: Columns, ids: np.ndarray) -> np.ndarray:
    """The place of each table row's client in `ids`; -1 for anybody else."""
    held = columns.text("client_id")
    number = {client: place for place, client in enumerate(ids)}
    return np.array([*(number.get(client, -1) for client in held.categories), -1], np.int32)[held.codes]


def _last_days(residents: Columns, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(day of death, day of moving away) of each client: of the last stay, in its latest version."""
    client = numbers_of(residents, ids)
    latest = (client >= 0) & (residents.days("superseded_at") >= NEVER)
    died, left = np.full(len(ids), NEVER, np.int32), np.full(len(ids), -NEVER, np.int32)
    death, end = residents.days("died_on")[latest], residents.days("valid_to")[latest]
    np.minimum.at(died, client[latest], death)
    np.maximum.at(left, client[latest], np.where(death < NEVER, NEVER, end))
    return died, np.where(left == -NEVER, NEVER, left).astype(np.int32)
