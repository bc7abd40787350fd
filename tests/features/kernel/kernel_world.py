"""Random canonical tables with every awkward thing in them, and a catalogue that uses every aggregate on them.

Times lie around a leap day and the night clocks go forward (2024-02-29, 2024-03-31), half of them at midnight or at the
edges of the night; rows come late, early, twice, corrected, open, ended, with unknown codes, in any order.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from features.catalogue.specs import feature_names
from features.catalogue.vocabulary import Vocabulary
from features.reference import reference_features
from features.tables import TABLES
from tests.features.histories_data import catalogue_of, dates, empty_tables, family, table_of

COVERAGE = {"digital": {"901": "2024-02-22", "902": "2024-03-24"}}  # 903 has no such service at all
EVERYTHING = catalogue_of(
    family("visits", "contacts", "count", windows=[1, 7, 30]),
    family("any_status", "contacts", "count", windows=[30], filter={"status": ("done", "no_show")}),
    family("by_service", "contacts", "count", by="service", windows=[7, 30]),
    family("declared", "contacts", "count", by="service", codes=["s1", "s9"], windows=[30]),
    family("minutes", "contacts", "sum", value="minutes", windows=[7, 30]),
    family("minutes_by", "contacts", "sum", value="minutes", by="service", windows=[30]),
    family("services", "contacts", "distinct", value="service", windows=[7, 30]),
    family("people", "contacts", "distinct", value="professional_id", windows=[30]),
    family("people_by", "contacts", "distinct", value="professional_id", by="service", windows=[7, 30]),
    family("months", "contacts", "distinct", value="month", windows=[30, 60]),
    family("since", "contacts", "days_since"),
    family("since_inside", "contacts", "days_since", windows=[3, 30]),
    family("since_by", "contacts", "days_since", by="service"),
    family("since_first", "contacts", "days_since_first", filter={"service": {"prefix": "s"}}),
    family("else", "contacts", "count", filter={"service": {"without": ("s1", "new")}}, windows=[30]),
    family("exact", "contacts", "count", filter={"minutes": 2}, windows=[30]),
    family("between", "contacts", "count", filter={"minutes": {"at_least": 0.25, "at_most": 2}}, windows=[30]),
    family("cps", "assessments", "last", value="value", filter={"scale": "CPS"}),
    family("scales", "assessments", "last", value="value", by="scale", codes=["CPS", "IADL"], windows=[10]),
    family("rai_age", "assessments", "age_of"),
    family("memory", "diagnoses", "ever", filter={"code": {"prefix": ("F0", "G30")}}),
    family("plan", "plans", "valid_on", filter={"kind": "care_plan"}),
    family("care", "episodes", "valid_on", by="intensity", codes=["light", "regular"]),
    family("granted", "episodes", "valid_sum", value="granted_minutes_per_week"),
    family("ends", "episodes", "count", at="end", windows=[30]),
    family("open", "requests", "valid_on"),
    family("outcomes", "requests", "count", at="ended_at", by="outcome", windows=[30]),
    family("age", "residents", "age_years", value="birth_year"),
    family("sex", "residents", "is", value="sex", codes=["female"]),
    family("language", "residents", "is", value="language", codes=["sv", "other"]),
    family("observed", "residents", "observed_days"),
    # derived aggregates
    family("many", "contacts", "count_within", at_least=2, windows=[7, 30]),
    family("few", "contacts", "count_within", at_least=1, at_most=2, windows=[30]),
    family("few_by", "contacts", "count_within", at_most=1, by="service", windows=[7, 30]),
    family("length", "contacts", "mean", value="minutes", windows=[7, 30]),
    family("length_by", "contacts", "mean", value="minutes", by="service", windows=[30]),
    family("slope", "assessments", "trend", value="value", windows=[10, 60]),
    family("slope_by", "assessments", "trend", value="value", by="scale", codes=["CPS", "IADL"], windows=[60]),
    family("digital", "contacts", "share", part={"channel": ("digital", "chat")}, windows=[7, 30]),
    family("digital_by", "contacts", "share", part={"minutes": {"at_least": 1}}, by="service", windows=[30]),
    family("coci", "contacts", "coci", value="professional_id", windows=[7, 30]),
    family("coci_two", "contacts", "coci", value="professional_id", at_least=2, by="service", windows=[30]),
    family("usual", "contacts", "usual_provider_share", value="professional_id", at_least=2, windows=[7, 30]),
    family("spread", "contacts", "entropy", value="service", windows=[7, 30]),
    family("usual_any", "contacts", "usual_provider_share", value="service", windows=[30]),
    family("again", "contacts", "repeat_contact_share", value="service", within_days=3, windows=[7, 30]),
    family(
        "again_by",
        "contacts",
        "repeat_contact_share",
        value="professional_id",
        within_days=5,
        by="service",
        windows=[30],
    ),
    family("night", "contacts", "night_share", windows=[7, 30]),
    family("night_by", "contacts", "night_share", by="service", windows=[30]),
    family("first", "contacts", "first_contact_is_emergency", windows=[7, 30]),
    family("first_by", "contacts", "first_contact_is_emergency", by="service", windows=[30]),
    family("named", "contacts", "named_share", windows=[7, 30]),
    family("named_by", "contacts", "named_share", by="service", windows=[30]),
    family("change", "assessments", "change_between_assessments", value="value", filter={"scale": ("CPS", "IADL")}),
    family(
        *("change_soon", "assessments", "change_between_assessments"),
        **{"value": "value", "by": "scale", "codes": ["CPS"], "windows": [3, 8], "filter": {"scale": "CPS"}},
    ),
    family("overdue", "contacts", "overdue", within_days=10, filter={"service": "s1"}),
    family("overdue_by", "contacts", "overdue", within_days=5, by="service", filter={"minutes": {"at_least": 0}}),
    family("lapsed", "plans", "lapsed", filter={"kind": "care_plan"}),
    family("lapsed_by", "episodes", "lapsed", by="intensity", codes=["light", "regular"]),
    # outside the source's coverage
    family("covered", "contacts", "count", filter={"channel": "digital"}, coverage="digital", windows=[1, 7, 30]),
    family("covered_share", "contacts", "share", part={"channel": "digital"}, coverage="digital", windows=[7, 30]),
    family("covered_due", "contacts", "overdue", within_days=7, filter={"channel": "digital"}, coverage="digital"),
    family("switched_off", "contacts", "count", windows=[30]),
    coverage=COVERAGE,
)
KEPT = Vocabulary(
    {
        **{"by_service": ("s1", "s2"), "minutes_by": ("s2",), "people_by": ("s1",), "since_by": ("s2",)},
        **{"outcomes": ("y",), "few_by": ("s1",), "length_by": ("s1", "s2"), "digital_by": ("s1",)},
        **{"coci_two": ("s1",), "again_by": ("s1",), "night_by": ("s1",), "first_by": ("s2",), "named_by": ("s1",)},
        **{"overdue_by": ("s1",)},
    },
    pd.Timestamp("2024-01-01").date(),
    {"switched_off": 0.1},
)
NAMES = feature_names(EVERYTHING, KEPT)
TABLES_USED = EVERYTHING.tables
ORDINARY: dict[str, list[Any]] = {
    "service": ["s1", "s1", "s2", "s3", "new", None],
    "status": ["done", "done", "done", "done", "no_show"],
    "channel": ["in_person", "digital", "chat"],
    "urgency": ["emergency", "emergency", "non_urgent", "non_urgent", "unknown"],
    "professional_id": ["p1", "p1", "p2", "p3", None],
    "other_id": ["p1", "p2", "p9"],
    "other_kind": ["professional"],
    "role": ["named_doctor", "named_nurse", "own_worker"],
    "minutes": [0.0, 0.25, 2.0, 30.5, None],
    "scale": ["CPS", "CPS", "IADL"],
    "value": [0.0, 1.0, 4.0, 2.5],
    "code": ["F00.1", "F01", "G30.9", "I20", "F1"],
    "kind": ["care_plan", "client_plan"],
    "intensity": ["light", "regular", "intensive", None],
    "granted_minutes_per_week": [60.0, 90.5, None],
    "outcome": ["y", "n", None],
    "birth_year": [1940, 1955],
    "sex": ["female", "male"],
    "language": ["fi", "sv", "other"],
    "municipality": ["901", "901", "902", "903"],
}
FIRST = np.datetime64("2024-02-15T00:00:00")
DAYS = [*range(46), *[14, 15, 45] * 4]
"""To 31 March, over the leap day, up to the night the clocks go forward; often a day that is asked about."""
SECONDS = [0, 0, 0, 3 * 3600 + 1800, 7 * 3600 - 1, 7 * 3600, 12 * 3600, 22 * 3600 - 1, 22 * 3600, 24 * 3600 - 1]
AS_OF = ("2024-04-01", "2024-03-31", "2024-03-01", "2024-02-29", "2024-02-17", "2024-01-01")
# Most clients are observed since long ago; otherwise almost every window would be unknown and prove nothing.
OBSERVED = {"valid_from": "2023-01-01", "birth_year": 1930}
MOST_ROWS = {"contacts": 24, "assessments": 14, "residents": 2}
OFTEN_EMPTY = {False: [True, False], True: [True, True, True, True, True, False]}
"""An end is there in half of the rows, a correction in few of them."""

Pick = Callable[[Sequence[Any]], Any]
"""Chooses one of several: hypothesis or a seeded generator."""


def any_row(name: str, clients: Sequence[str], pick: Pick) -> dict[str, Any]:
    """A row with any order of its clocks: late, early, at midnight, superseded, open or ended."""
    table = TABLES[name]
    row: dict[str, Any] = {"client_id": pick(clients), "request_id": "r"}
    for column in table.columns:
        if column.kind == "time":
            row[column.name] = (
                None if column.nullable and pick(OFTEN_EMPTY[column.name == "superseded_at"]) else moment(pick)
            )
        elif column.name in ORDINARY:
            row[column.name] = pick(ORDINARY[column.name])
    if pick([True, True, False]):  # most things are recorded when they happen
        row["recorded_at"] = row[table.time]
    return row


def moment(pick: Pick) -> np.datetime64:
    return FIRST + np.timedelta64(pick(DAYS), "D") + np.timedelta64(pick(SECONDS), "s")


def any_tables(clients: Sequence[str], pick: Pick) -> dict[str, pd.DataFrame]:
    """Random tables of some clients and a stranger; rows may be duplicates of each other."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES_USED}
    for name in TABLES_USED:
        for client in clients:
            own = [
                any_row(name, [client, client, client, "stranger"], pick)
                for _ in range(pick(range(MOST_ROWS.get(name, 5))))
            ]
            rows[name] += [*own, *own[: pick([0, 0, 1])], *(_twin(row, pick) for row in own[: pick([0, 1, 2])])]
    rows["residents"] = _one_at_a_time([*rows["residents"], *_observed(clients, pick)])
    for table in rows.values():
        table.sort(key=lambda _: pick(range(100)))
    return {**EMPTY, **{name: table_of(name, held) for name, held in rows.items()}}


def _twin(row: dict[str, Any], pick: Pick) -> dict[str, Any]:
    """A row of the same second and recording that says something else."""
    name = pick(sorted(set(row) & set(ORDINARY)))
    return {**row, name: pick(ORDINARY[name])}


def _observed(clients: Sequence[str], pick: Pick) -> list[dict[str, Any]]:
    homes = [{"client_id": client, "municipality": pick(["901", "902", "903"]), **OBSERVED} for client in clients]
    since = ["2023-06-01", "2023-06-01", "2023-06-01", "2024-02-29"]
    return [{**home, "history_start": pick(since)} for home in homes if pick([True, True, True, False])]


def _one_at_a_time(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A person's latest stay is one row: history_start of a tie would be anybody's guess."""
    return list({(row["client_id"], row["valid_from"], row.get("recorded_at")): row for row in rows}.values())


EMPTY = empty_tables()


class World:
    """Seeded tables of many clients with the reference's answer, worked out once."""

    def __init__(self, seed: int, clients: int) -> None:
        names = [f"c{number}" for number in range(clients)]
        self.tables = any_tables(names, random.Random(seed).choice)
        asked = [(client, day) for client in [*names, "nobody"] for day in AS_OF]
        self.clients = np.array([client for client, _ in asked], object)
        self.as_of = dates(*(day for _, day in asked))
        self.truth = reference_features(self.tables, self.clients, self.as_of, EVERYTHING, KEPT)

    def wrong(self, build: Callable[..., np.ndarray]) -> list[str]:
        """The features in which a kernel differs from the reference."""
        return wrong_features(build(self.tables, self.clients, self.as_of, EVERYTHING, KEPT), self.truth)


def wrong_features(fast: np.ndarray, slow: np.ndarray) -> list[str]:
    """Names of the features that differ by more than float32 rounding, or in what is unknown."""
    rounding = 2 * np.spacing(np.abs(np.nan_to_num(slow)).astype(np.float32)) + 1e-9
    same = (np.isnan(fast) & np.isnan(slow)) | (np.abs(fast - slow) <= rounding)
    return [NAMES[column] for column in np.flatnonzero(~same.all(axis=0))]
