"""Why a rule fired: the events and dates behind its conditions, read from the same rows that the features count."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from features.catalogue import Catalogue
from features.catalogue.families import Family
from features.catalogue.specs import FeatureSpec
from features.known import INTERVAL_ENDS, known_at
from features.rules.spec import Condition, Reference, Rule, RuleBook
from features.selection import matches
from features.tables import TABLES

MOST_EVENTS = 5
"""Events shown for one condition of one client, the latest first; `events` says how many there are."""
SHOWN: Mapping[str, tuple[str, ...]] = {
    "contacts": ("service",),
    "episodes": ("kind", "intensity"),
    "assessments": ("instrument", "scale", "value"),
    "requests": ("service",),
    "plans": ("kind",),
    "diagnoses": ("system", "code"),
    "relations": ("role",),
    "segment_records": ("segment",),
}
"""What is told of an event besides its date: never a unit or a person, so that places stay hidden."""
COLUMNS = ("client_id", "rule", "feature", "value", "date", "what", "source", "events")
LASTING = frozenset({"valid_on", "valid_sum"})
LATEST_DATES: Mapping[str, int] = {
    "last": 1,
    "age_of": 1,
    "days_since": 1,
    "is": 1,
    "overdue": 1,
    "lapsed": 1,
    "change_between_assessments": 2,
}
"""Aggregates that are made of the latest row only: how many of a client's dates speak for the value."""


@dataclass(frozen=True)
class Fired:
    """A rule that fired for some clients, with the clients' feature values."""

    name: str
    clients: np.ndarray
    frame: Mapping[str, np.ndarray]


def evidence(
    tables: Mapping[str, pd.DataFrame],
    as_of: date,
    fired: Sequence[Fired],
    book: RuleBook,
    catalogue: Catalogue,
    specs: Mapping[str, FeatureSpec],
) -> pd.DataFrame:
    """One row per shown event: client, rule, feature, its value, the event's date, what it was, its source.

    A condition that holds by absence ("no valid plan") gives one row without a date.
    """
    known = {name: known_at(TABLES[name], frame, as_of) for name, frame in tables.items()}
    parts = [part for one in fired for part in _of_rule(known, as_of, one, book, catalogue, specs)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _of_rule(
    known: Mapping[str, pd.DataFrame],
    as_of: date,
    fired: Fired,
    book: RuleBook,
    catalogue: Catalogue,
    specs: Mapping[str, FeatureSpec],
) -> Iterator[pd.DataFrame]:
    for condition in conditions_of(book, book.rules[fired.name]):
        values = np.asarray(fired.frame[condition.feature])
        held = condition.holds(values)
        if held.any():
            spec = specs[condition.feature]
            rows = events_of(known, catalogue.family(spec.family), spec, as_of)
            yield _shown(rows, fired, condition.feature, held, values)


def conditions_of(book: RuleBook, rule: Rule) -> tuple[Condition, ...]:
    """The rule's own conditions and those of the rules it reads."""
    read = [book.rules[clause.rule] for clause in rule.clauses if isinstance(clause, Reference)]
    inner = [condition for one in read for condition in conditions_of(book, one)]
    return tuple(dict.fromkeys((*rule.conditions, *inner)))


def events_of(known: Mapping[str, pd.DataFrame], family: Family, spec: FeatureSpec, as_of: date) -> pd.DataFrame:
    """The known rows that the feature is made of: `client_id, date, what, source`, the latest first."""
    table = TABLES[family.table]
    frame = known[family.table]
    when = family.at or table.time
    chosen = matches(frame, family.conditions) & frame[when].notna().to_numpy()
    if family.by and spec.code:
        chosen &= (frame[family.by] == spec.code).to_numpy()
    if spec.window_days:
        chosen &= (frame[when] >= pd.Timestamp(as_of - timedelta(days=spec.window_days))).to_numpy()
    if family.aggregate in LASTING:
        chosen &= frame[INTERVAL_ENDS[table.name]].isna().to_numpy()
    rows = frame.loc[chosen].sort_values(when, ascending=False, kind="stable")
    events = pd.DataFrame(
        {
            "client_id": rows["client_id"].astype(object),
            "date": rows[when].dt.normalize(),
            "what": _told(rows, table.name),
            "source": rows["source"].astype(object),
        }
    )
    dates = LATEST_DATES.get(family.aggregate)
    if dates is None:
        return events
    rank = events.groupby("client_id", sort=False)["date"].rank(method="dense", ascending=False)
    return events[rank <= dates]


def _told(rows: pd.DataFrame, table: str) -> pd.Series:
    told = [rows[name].astype(object).map(_text) for name in SHOWN.get(table, ()) if name in rows]
    joined = pd.Series([" ".join(part for part in parts if part) for parts in zip(*told, strict=True)], dtype=object)
    return joined.set_axis(rows.index) if told else pd.Series("", rows.index, dtype=object)


def _text(value: object) -> str:
    if value is None or value != value:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown(events: pd.DataFrame, fired: Fired, feature: str, held: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    clients = pd.DataFrame({"client_id": fired.clients[held], "value": values[held].astype(np.float64)})
    counts = events.groupby("client_id", sort=False).size().rename("events")
    latest = events.groupby("client_id", sort=False).head(MOST_EVENTS)
    rows = clients.merge(latest, on="client_id", how="left").merge(counts, on="client_id", how="left")
    rows["events"] = rows["events"].fillna(0).astype(np.int64)
    return rows.assign(rule=fired.name, feature=feature)[list(COLUMNS)]
