"""What the client list shows of each client: the plan and the latest contacts, as known at one date."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from features.known import known_at
from features.tables import TABLES
from serving.engine.contract import ClientFacts

CONTACT_COLUMNS = ("client_id", "time", "status", "urgency", "service", "recorded_at", "superseded_at")
NEW_DAYS = 30
"""A contact of the last 30 days of the data is shown as new."""
CHANGE_DAYS = 90
"""How far back the list can say what changed since the last visit."""
ROUTINE = "home_care"
"""Home-care visits follow a decision that stands: one more of them is no change."""
CHANGES: Mapping[str, str] = {
    "episodes": "episode",
    "plans": "plan",
    "assessments": "assessment",
    "requests": "request",
}
"""Tables of which a new row is a change, and how the change is called."""


def collect_facts(
    residents: pd.DataFrame,
    plans: pd.DataFrame,
    contacts: Iterable[pd.DataFrame],
    as_of: date,
    others: Mapping[str, pd.DataFrame] | None = None,
) -> dict[str, ClientFacts]:
    """Facts per client; `contacts` come in parts (client buckets), `others` are whole tables of CHANGES."""
    changes: dict[str, list[tuple[date, str]]] = {}
    latest = _latest_contacts(contacts, as_of, changes)
    for name, frame in {"plans": plans, **(others or {})}.items():
        _note(changes, known_at(TABLES[name], frame, as_of), TABLES[name].time, as_of, CHANGES[name])
    until = _plans_until(plans, as_of)
    people = _people(residents, as_of)
    return {
        client: replace(_facts(client, people, latest, until, as_of), changes=_ordered(changes.get(client, ())))
        for client in {*people, *latest, *until}
    }


def _note(changes: dict[str, list[tuple[date, str]]], known: pd.DataFrame, at: str, as_of: date, kind: str) -> None:
    """Add the rows of the last 90 days under the day on which they became known; the same day and kind once."""
    became = known[[at, "recorded_at"]].max(axis=1)
    recent = became >= pd.Timestamp(as_of - timedelta(days=CHANGE_DAYS))
    told = pd.DataFrame({"client": known["client_id"][recent].astype(str), "day": became[recent].dt.date})
    for client, day in told.drop_duplicates().itertuples(index=False, name=None):
        changes.setdefault(client, []).append((day, kind))


def _ordered(changes: Iterable[tuple[date, str]]) -> tuple[tuple[date, str], ...]:
    return tuple(sorted(changes, reverse=True))


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


def _latest_contacts(
    parts: Iterable[pd.DataFrame], as_of: date, changes: dict[str, list[tuple[date, str]]]
) -> dict[str, tuple[date, int]]:
    """The day of the last realised contact and the number of new ones, per client."""
    start = pd.Timestamp(as_of - timedelta(days=NEW_DAYS))
    found: dict[str, tuple[date, int]] = {}
    for part in parts:
        known = known_at(TABLES["contacts"], part, as_of)
        done = known[known["status"] == "done"]
        urgent = done["urgency"] == "emergency"
        _note(changes, done[urgent], "time", as_of, "emergency")
        _note(changes, done[~urgent & (done["service"] != ROUTINE)], "time", as_of, "contact")
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
