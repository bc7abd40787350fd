"""A small county with or without a planted change, and its clients in quarters, through the real feature kernel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd

from evaluation.monitoring.features import municipality_columns
from evaluation.monitoring.state import Periods, Tested, judged
from features.catalogue import Catalogue, load_catalogue
from features.catalogue.specs import feature_names
from features.catalogue.vocabulary import vocabulary_of
from features.kernel import build_features
from features.simulator import drift
from features.simulator.county import HEALTH, SOCIAL, residents_table
from features.simulator.delivery.registers import Registers
from features.simulator.events.contacts import draw_contacts
from features.simulator.events.matters import draw_concerns, draw_requests
from features.simulator.events.spans import care_spans
from features.simulator.load import load_county
from features.simulator.residents.activity import draw_counts
from features.simulator.residents.months import Months, build_months
from features.simulator.residents.people import Residents, make_residents
from features.simulator.residents.walk import walk
from features.simulator.residents.world import World
from features.simulator.settings import County, Drift
from features.tables import TABLES
from features.windows import index_dates

KINDS = ("recording", "new_municipality", "digital_share", "definition")
SINCE = date(2024, 10, 1)
NEWEST = date(2025, 1, 1)
FAMILIES = (
    *("primary_contacts", "specialised_contacts", "social_contacts", "emergency_contacts", "distinct_services"),
    *("phone_contacts", "missed_contacts", "symptom_reasons", "digital_contacts", "requests", "contact_months"),
)
SHORT = ("_30d", "_90d")
JOINING = "907"
RESIDENTS = 500
BEFORE_REQUESTS = 8
"""Registers that the simulator draws clocks for before it comes to the requests."""


def found(seed: int, kind: str | None) -> list[Tested]:
    """The tests of the newest quarter of one county."""
    return judged(periods(seed, kind), level=0.05, smallest=0.05)


def periods(seed: int, kind: str | None) -> Periods:
    """Adults who live in the county on the first day of each quarter from the end of the break of 2020–2022 on."""
    tables = tables_of(registers(county_of(seed, kind)))
    dates = index_dates(date(2022, 10, 1), NEWEST, "quarter")
    catalogue = chosen()
    vocabulary = vocabulary_of([tables], catalogue, date(2023, 7, 1))
    rows = pd.concat([living(tables["residents"], day).assign(period=place) for place, day in enumerate(dates)])
    days = np.array(dates, "datetime64[D]")[rows["period"]]
    clients = rows["client_id"].to_numpy(object)
    order = np.lexsort([days, clients.astype(str)])
    rows, clients, days = rows.iloc[order], clients[order], days[order]
    values = build_features(tables, clients, days, catalogue, vocabulary)
    names = feature_names(catalogue, vocabulary)
    kept = [place for place, name in enumerate(names) if name.endswith(SHORT)]
    lives = municipality_columns(rows.assign(as_of=days.astype("datetime64[s]")), tables["residents"])
    return Periods(
        client=clients,
        period=rows["period"].to_numpy(),
        dates=dates,
        names=[*(names[place] for place in kept), *lives],
        values=np.column_stack([values[:, kept].astype(float), *lives.values()]),
    )


@lru_cache(maxsize=1)
def chosen() -> Catalogue:
    """The families of configs/features.yaml that look at the quarter itself."""
    whole = load_catalogue("configs/features.yaml")
    return whole.model_copy(update={"families": {name: whole.families[name] for name in FAMILIES}})


def living(residents: pd.DataFrame, day: date) -> pd.DataFrame:
    """Who was known to live in the county at that midnight."""
    at = pd.Timestamp(day)
    gone = (residents["died_recorded_at"] < at) | (residents["valid_to_recorded_at"] < at)
    adult = residents["birth_year"] <= day.year - 18
    there = (residents["recorded_at"] < at) & (residents["history_start"] <= at) & ~gone & adult
    return residents.loc[there, ["client_id", "municipality"]].astype(object)


def county_of(seed: int, kind: str | None, residents: int = RESIDENTS) -> County:
    """The tiny county with that seed and change; nobody joins inside the reference unless it is planted."""
    planted = Drift(kind=kind, since=SINCE, municipality=JOINING) if kind else None
    county = load_county("configs/county/tiny.yaml")
    towns = [town.model_copy(update={"history_start": county.start}) for town in county.municipalities]
    changed = {"residents": residents, "seed": 10_000 + seed, "drift": planted, "municipalities": towns}
    return county.model_copy(update=changed)


@dataclass(frozen=True)
class Drawn:
    """What is drawn of a county before any change is planted in its registers."""

    months: Months
    people: Residents
    world: World
    contacts: pd.DataFrame
    requests: pd.DataFrame


@lru_cache(maxsize=4)
def drawn(seed: int, kind: str | None, residents: int) -> Drawn:
    """Shared by the kinds that change nothing but what is recorded."""
    county = drift.joined(county_of(seed, kind, residents))
    months = build_months(county)
    people = make_residents(county, months)
    world = walk(county, people, months)
    counts = draw_counts(county, people, months, world)
    contacts = draw_contacts(county, people, months, world, counts)
    concerns, spans = draw_concerns(county, people, months, world), care_spans(county, people, months, world)
    requests = draw_requests(county, people, months, world, counts, concerns, spans)
    return Drawn(months, people, world, contacts, requests)


def registers(county: County) -> dict[str, pd.DataFrame]:
    """Those registers of `simulate(county)` that are monitored here, without the others (home care is most of it)."""
    joining = county.drift is not None and county.drift.kind == "new_municipality"
    had = drawn(county.seed - 10_000, "new_municipality" if joining else None, county.residents)
    county = drift.joined(county)
    contacts = drift.contacts_of(county, had.months, had.contacts)
    kept, social = Registers(county, had.people, had.months, had.world), contacts["sector"] == "social"
    found = {
        "asukkaat": residents_table(county, had.people, had.months, had.world),
        HEALTH: drift.recorded(county, kept.contacts(contacts[~social], at_once=False)),
        SOCIAL: drift.recorded(county, kept.contacts(contacts[social], at_once=False)),
    }
    kept._streams = BEFORE_REQUESTS  # so that their clocks are drawn from the stream of the whole county
    return {**found, "pyynnot": kept.requests(had.requests)}


def tables_of(given: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The registers as canonical tables, sorted by client."""
    contacts = pd.concat([given[HEALTH], given[SOCIAL]], ignore_index=True)
    named = {"residents": given["asukkaat"], "contacts": contacts, "requests": given["pyynnot"]}
    return {name: canonical(name, frame) for name, frame in named.items()}


def canonical(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """One register with the columns of its table; what it does not hold is empty."""
    client = [f"{person:08d}" for person in frame["person"]]
    frame = frame.assign(client_id=client).sort_values("client_id", kind="stable")
    return pd.DataFrame({c.name: filled(frame, c.name, c.kind) for c in TABLES[name].columns})


def filled(frame: pd.DataFrame, name: str, kind: str) -> object:
    """One column in the type of the contract."""
    if name in frame:
        given = frame[name]
        return pd.Categorical(given.astype(object)) if kind == "text" else given.to_numpy()
    empty = {"text": pd.Categorical([None] * len(frame)), "flag": np.zeros(len(frame), bool)}
    if kind in empty:
        return empty[kind]
    if kind == "time":
        return np.full(len(frame), np.datetime64("NaT"), "datetime64[s]")
    return np.full(len(frame), np.nan)
