"""What the client list shows of each client: the plan and the latest contacts, as known at one date."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import pandas as pd

from features.known import known_at
from features.tables import TABLES
from serving.engine.contract import ClientFacts

CONTACT_COLUMNS = ("client_id", "time", "status", "recorded_at", "superseded_at")
NEW_DAYS = 30
"""A contact of the last 30 days of the data is shown as new."""


def collect_facts(
    residents: pd.DataFrame, plans: pd.DataFrame, contacts: Iterable[pd.DataFrame], as_of: date
) -> dict[str, ClientFacts]:
    """Facts per client; `contacts` come in parts (client buckets)."""
    latest = _latest_contacts(contacts, as_of)
    until = _plans_until(plans, as_of)
    people = _people(residents, as_of)
    return {client: _facts(client, people, latest, until, as_of) for client in {*people, *latest, *until}}


def _facts(
    client: str,
    people: Mapping[str, tuple[int | None, str | None]],
    latest: Mapping[str, tuple[date, int]],
    until: Mapping[str, date | None],
    as_of: date,
) -> ClientFacts:
    last, new = latest.get(client, (None, 0))
    birth_year, sex = people.get(client, (None, None))
    end = until.get(client)
    valid = client in until and (end is None or end > as_of)
    return ClientFacts(end, valid, last, new, birth_year, sex)


def _people(residents: pd.DataFrame, as_of: date) -> dict[str, tuple[int | None, str | None]]:
    """Year of birth and sex of each client, from the latest known stay."""
    known = known_at(TABLES["residents"], residents, as_of).sort_values("valid_from", kind="stable")
    rows = known[["client_id", "birth_year", "sex"]].itertuples(index=False, name=None)
    return {
        str(client): (None if pd.isna(year) else int(year), None if pd.isna(sex) else str(sex))
        for client, year, sex in rows
    }


def _latest_contacts(parts: Iterable[pd.DataFrame], as_of: date) -> dict[str, tuple[date, int]]:
    """The day of the last realised contact and the number of new ones, per client."""
    start = pd.Timestamp(as_of - timedelta(days=NEW_DAYS))
    found: dict[str, tuple[date, int]] = {}
    for part in parts:
        known = known_at(TABLES["contacts"], part, as_of)
        done = known[known["status"] == "done"]
        done = pd.DataFrame(
            {"client": done["client_id"].astype(str), "last": done["time"], "new": done["time"] >= start}
        )
        per_client = done.groupby("client").agg(last=("last", "max"), new=("new", "sum")).reset_index()
        rows = per_client.itertuples(index=False, name=None)
        found |= {str(client): (last.date(), int(new)) for client, last, new in rows}
    return found


def _plans_until(plans: pd.DataFrame, as_of: date) -> dict[str, date | None]:
    """The end of each client's plan that reaches furthest (None = open).  An end agreed beforehand counts."""
    known = known_at(TABLES["plans"], plans, as_of)
    agreed = plans["valid_to_recorded_at"] < pd.Timestamp(as_of)
    ends = plans["valid_to"].where(agreed).loc[known.index]
    found: dict[str, date | None] = {}
    for client, end in zip(known["client_id"].astype(str), ends, strict=True):
        day = None if pd.isna(end) else end.date()
        found[client] = _further(found[client], day) if client in found else day
    return found


def _further(one: date | None, other: date | None) -> date | None:
    return None if one is None or other is None else max(one, other)
