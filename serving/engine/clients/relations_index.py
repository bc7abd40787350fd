"""Who is whose client: unit to clients and client to care relationships, from one snapshot at one date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from features.known import known_at
from features.tables import TABLES
from serving.desk.access import ClientTies, Tie


@dataclass(frozen=True)
class RelationsIndex:
    """Every client of the county, and the clients that each unit has or had a care relationship with."""

    by_client: Mapping[str, ClientTies]
    by_unit: Mapping[str, tuple[ClientTies, ...]]


def index_relations(relations: pd.DataFrame, clients: pd.Series, as_of: date) -> RelationsIndex:
    """The index of what the relations table said before `as_of`; `clients` are the known client ids."""
    known = known_at(TABLES["relations"], relations, as_of)
    care = known[(known["other_kind"] == "unit") & (known["role"] == "care_relationship")]
    ties: dict[str, list[Tie]] = {str(client): [] for client in clients.unique()}
    columns = ("client_id", "other_id", "service_task", "valid_from", "valid_to")
    for client, unit, task, start, end in care[list(columns)].itertuples(index=False, name=None):
        ties.setdefault(str(client), []).append(Tie(str(unit), _text(task), start.date(), _day(end)))
    by_client = {client: ClientTies(client, tuple(found)) for client, found in ties.items()}
    return RelationsIndex(by_client, _by_unit(by_client))


def index_everyone(clients: pd.Series, tie: Tie) -> RelationsIndex:
    """The index of a data set in which every client has the same one tie."""
    by_client = {str(client): ClientTies(str(client), (tie,)) for client in clients.unique()}
    return RelationsIndex(by_client, _by_unit(by_client))


def _by_unit(by_client: Mapping[str, ClientTies]) -> dict[str, tuple[ClientTies, ...]]:
    units: dict[str, list[ClientTies]] = {}
    for client in sorted(by_client):
        for unit in sorted({tie.unit for tie in by_client[client].ties}):
            units.setdefault(unit, []).append(by_client[client])
    return {unit: tuple(found) for unit, found in units.items()}


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _day(value: pd.Timestamp) -> date | None:
    return None if pd.isna(value) else value.date()
