"""The kernel: a window's edges, both clocks, corrections, and equality with the readable reference."""

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import features.kernel.aggregates
import features.known
from features.catalogue.specs import feature_names
from features.catalogue.vocabulary import Vocabulary
from features.kernel import build_features
from features.reference import reference_features
from features.tables import TABLES
from tests.histories_data import catalogue_of, dates, empty_tables, family, table_of

NO_CODES = Vocabulary({}, date(2025, 1, 1))


def built(tables: dict[str, pd.DataFrame], *families: Any, at: str = "2025-04-01", clients: str = "a") -> list[float]:
    """The one row of client `a`."""
    row = build_features(
        {**empty_tables(), **tables}, np.array([clients], object), dates(at), catalogue_of(*families), NO_CODES
    )
    return row[0].tolist()


def resident(client: str = "a", **more: Any) -> dict[str, Any]:
    return {"client_id": client, **more}


@pytest.mark.parametrize(
    "happened,              recorded,              known",
    [
        ("2025-03-31T23:59:59", "2025-03-31T23:59:59", 1),  # the last second before as_of
        ("2025-04-01T00:00:00", "2025-04-01T00:00:00", 0),  # at as_of: not known
        ("2025-03-30T12:00:00", "2025-04-01T00:00:00", 0),  # happened before, recorded at as_of: not known
        ("2025-03-30T12:00:00", "2025-04-02T08:00:00", 0),  # recorded after as_of: not known
        ("2025-01-01T00:00:00", "2025-01-01T00:00:00", 1),  # first midnight of a 90-day window
        ("2024-12-31T23:59:59", "2025-01-01T00:00:00", 0),  # one second too old
    ],
)
def test_a_window_knows_only_what_was_recorded_before_as_of(happened: str, recorded: str, known: int) -> None:
    tables = {
        "residents": table_of("residents", [resident()]),
        "contacts": table_of("contacts", [{"client_id": "a", "time": happened, "recorded_at": recorded}]),
    }
    assert built(tables, family("visits", "contacts", "count", windows=[90])) == [known]


CONTACTS = [
    #         when                  service       minutes  professional
    ("2025-03-25T10:00:00", "gp_visit", 20.0, "p1"),
    ("2025-03-01T10:00:00", "gp_visit", 30.0, "p2"),
    ("2025-02-01T10:00:00", "nurse_visit", None, "p1"),
    ("2024-09-01T10:00:00", "oral_health", 45.0, None),
]


@pytest.mark.parametrize(
    "declared,                                                              expected",
    [
        ({"aggregate": "count", "windows": [10, 90, 365]}, [1, 1 + 2, 1 + 2 + 1]),
        ({"aggregate": "sum", "value": "minutes", "windows": [10, 365]}, [20, 20 + 30 + 45]),
        ({"aggregate": "distinct", "value": "professional_id", "windows": [10, 90, 365]}, [1, 2, 2]),
        ({"aggregate": "distinct", "value": "month", "windows": [90, 365]}, [2, 3]),
        ({"aggregate": "count", "windows": [90], "filter": {"service": "gp_visit"}}, [2]),
        ({"aggregate": "count", "windows": [90], "filter": {"service": ("gp_visit", "nurse_visit")}}, [3]),
        ({"aggregate": "count", "windows": [365], "filter": {"service": {"prefix": ("gp_", "oral")}}}, [3]),
        ({"aggregate": "count", "windows": [365], "filter": {"status": "no_show"}}, [0]),
        ({"aggregate": "count", "windows": [365], "by": "service", "codes": ["gp_visit", "oral_health"]}, [2, 1]),
        ({"aggregate": "days_since"}, [7]),
        ({"aggregate": "days_since_first"}, [212]),
        ({"aggregate": "days_since", "filter": {"service": "emergency_visit"}}, [np.nan]),
        ({"aggregate": "last", "value": "minutes"}, [20]),
        ({"aggregate": "last", "value": "minutes", "windows": [5, 90]}, [np.nan, 20]),
        ({"aggregate": "ever", "filter": {"service": "oral_health"}}, [1]),
        ({"aggregate": "ever", "filter": {"service": "emergency_visit"}}, [0]),
    ],
)
def test_each_aggregate_on_four_contacts(declared: dict[str, Any], expected: list[float]) -> None:
    names = ("time", "service", "minutes", "professional_id")
    contacts = [{"client_id": "a", **dict(zip(names, row, strict=True))} for row in CONTACTS]
    tables = {"residents": table_of("residents", [resident()]), "contacts": table_of("contacts", contacts)}
    np.testing.assert_array_equal(built(tables, family("one", "contacts", **declared)), expected)


@pytest.mark.parametrize(
    "end,           end_recorded,  valid",
    [
        (None, None, 1),  # open
        ("2025-03-31", "2025-03-31", 0),  # ended and known
        ("2025-04-01", "2025-03-01", 1),  # ends at as_of: a date at as_of is not known
        ("2025-03-01", "2025-04-01", 1),  # ended, but recorded at as_of: reads as open
        ("2025-12-31", "2025-01-01", 1),  # planned end in the future
    ],
)
def test_an_interval_ends_when_its_end_became_known(end: str | None, end_recorded: str | None, valid: int) -> None:
    plan = {"client_id": "a", "valid_from": "2025-01-01", "valid_to": end, "valid_to_recorded_at": end_recorded}
    tables = {"residents": table_of("residents", [resident()]), "plans": table_of("plans", [plan])}
    assert built(tables, family("plan", "plans", "valid_on", filter={"kind": "care_plan"})) == [valid]


@pytest.mark.parametrize("at, value", [("2025-02-02", 1), ("2025-02-10", 1), ("2025-02-11", 3), ("2025-02-01", np.nan)])
def test_a_correction_replaces_the_value_only_from_its_own_date_on(at: str, value: float) -> None:
    first = {"client_id": "a", "time": "2025-02-01", "value": 1, "superseded_at": "2025-02-10T12:00:00"}
    second = {"client_id": "a", "time": "2025-02-01", "value": 3, "recorded_at": "2025-02-10T12:00:00"}
    tables = {"assessments": table_of("assessments", [second, first])}
    row = built(tables, family("rai_cps", "assessments", "last", value="value"), at=at)
    np.testing.assert_array_equal(row, [value])


@pytest.mark.parametrize("start, expected", [("2025-01-01", [0, 0]), ("2025-01-02", [0, np.nan])])
def test_a_window_before_the_observed_history_is_unknown(start: str, expected: list[float]) -> None:
    tables = {"residents": table_of("residents", [resident(history_start=start)])}
    row = built(tables, family("visits", "contacts", "count", windows=[30, 90]))
    np.testing.assert_array_equal(row, expected)


def test_without_a_known_resident_row_absence_is_unknown_and_presence_is_not() -> None:
    late = resident(recorded_at="2025-04-01")
    seen = {"client_id": "a", "time": "2025-03-01"}
    tables = {"residents": table_of("residents", [late]), "contacts": table_of("contacts", [seen])}
    found = built(
        tables,
        family("visits", "contacts", "count", windows=[90]),
        family("seen", "contacts", "ever"),
        family("planned", "plans", "valid_on"),
        family("age", "residents", "age_years", value="birth_year"),
    )
    np.testing.assert_array_equal(found, [np.nan, 1, np.nan, np.nan])


def test_a_declared_date_of_completeness_needs_no_residents() -> None:
    tables = {name: frame for name, frame in empty_tables().items() if name != "residents"}
    catalogue = catalogue_of(family("visits", "contacts", "count", windows=[30, 400]), observed_from="2025-01-01")
    found = build_features(tables, np.array(["a"], object), dates("2025-04-01"), catalogue, NO_CODES)
    np.testing.assert_array_equal(found, [[0, np.nan]])


def test_an_outcome_counts_from_its_own_date() -> None:
    request = {
        "client_id": "a",
        "request_id": "1",
        "requested_at": "2025-01-01",
        "ended_at": "2025-02-01",
        "ended_recorded_at": "2025-03-01",
        "outcome": "granted",
    }
    tables = {"residents": table_of("residents", [resident()]), "requests": table_of("requests", [request])}
    granted = family("granted", "requests", "count", at="ended_at", filter={"outcome": "granted"}, windows=[90])
    assert built(tables, granted, at="2025-03-01") == [0]
    assert built(tables, granted, at="2025-03-02") == [1]


def test_rare_and_unknown_codes_are_other_and_missing_ones_nothing() -> None:
    rows = [{"client_id": "a", "time": "2025-03-01", "service": code} for code in ("gp_visit", "new", "newer", None)]
    tables = {
        **empty_tables(),
        "residents": table_of("residents", [resident()]),
        "contacts": table_of("contacts", rows),
    }
    by_service = catalogue_of(family("visits", "contacts", "count", by="service", windows=[90]))
    vocabulary = Vocabulary({"visits": ("gp_visit",)}, date(2025, 1, 1))
    found = build_features(tables, np.array(["a"], object), dates("2025-04-01"), by_service, vocabulary)
    assert found.tolist() == [[1, 2]]


# ------------------------------------------------------------------ kernel = reference

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
)
WORDS_KEPT = Vocabulary(
    {"by_service": ("s1", "s2"), "minutes_by": ("s2",), "people_by": ("s1",), "since_by": ("s2",), "outcomes": ("y",)},
    date(2025, 1, 1),
)
NAMES = feature_names(EVERYTHING, WORDS_KEPT)
FIRST = np.datetime64("2025-01-01T00:00:00")
ORDINARY: dict[str, list[Any]] = {
    "service": ["s1", "s2", "s3", "new", None],
    "status": ["done", "done", "done", "no_show"],
    "professional_id": ["p1", "p2", "p3", None],
    "minutes": [0.0, 0.25, 2.0, 30.5, None],
    "scale": ["CPS", "IADL"],
    "value": [0.0, 1.0, 4.0],
    "code": ["F00.1", "F01", "G30.9", "I20", "F1"],
    "kind": ["care_plan", "client_plan"],
    "intensity": ["light", "regular", "intensive", None],
    "granted_minutes_per_week": [60.0, 90.5, None],
    "outcome": ["y", "n", None],
    "birth_year": [1940, 1955],
    "sex": ["female", "male"],
    "language": ["fi", "sv", "other"],
}
DAY_HALVES = st.integers(0, 90)  # half days: midnights (also those of DST and month ends) are half of all times


def moment(half_days: int | None) -> np.datetime64 | None:
    return None if half_days is None else FIRST + np.timedelta64(half_days * 12, "h")


@st.composite
def any_row(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """A row with any order of its clocks: late, early, at midnight, superseded, open or ended."""
    table = TABLES[name]
    row: dict[str, Any] = {"client_id": draw(st.sampled_from(["a", "b", "stranger"])), "request_id": "r"}
    for column in table.columns:
        if column.kind == "time":
            often_missing = column.nullable and draw(st.booleans())
            row[column.name] = None if often_missing else moment(draw(DAY_HALVES))
        elif column.name in ORDINARY:
            row[column.name] = draw(st.sampled_from(ORDINARY[column.name]))
    return row


@st.composite
def any_tables(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    """Random tables of three clients; rows may be duplicates of each other."""
    tables = dict(EMPTY)
    for name in EVERYTHING.tables:
        most = 12 if name == "contacts" else 4
        rows = draw(st.lists(any_row(name), max_size=most))
        twice = rows[: draw(st.integers(0, 1))]
        if name == "residents":  # a person's latest stay is one row: history_start of a tie would be anybody's guess
            rows = list({(row["client_id"], row["valid_from"], row["recorded_at"]): row for row in rows}.values())
            rows, twice = [*rows, *OBSERVED[: draw(st.sampled_from([2, 2, 2, 1, 0]))]], []
        tables[name] = table_of(name, [*rows, *twice])
    return tables


# Most clients are observed since long ago; otherwise almost every window would be unknown and prove nothing.
OBSERVED = [
    {"client_id": client, "valid_from": "2024-01-01", "history_start": "2024-06-01", "birth_year": 1930}
    for client in ("a", "b")
]
EMPTY = empty_tables()
QUESTIONS = [(client, day) for client in ("b", "a", "empty") for day in ("2025-02-14", "2025-01-20", "2025-01-02")]


def check_equal(examples: int, shrink: bool = True) -> None:
    """Kernel = reference on random tables.  Raises AssertionError that names the features which differ."""
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(any_tables())
    def equal(tables: dict[str, pd.DataFrame]) -> None:
        clients = np.array([client for client, _ in QUESTIONS], object)
        as_of = dates(*(day for _, day in QUESTIONS))
        fast = build_features(tables, clients, as_of, EVERYTHING, WORDS_KEPT)
        slow = reference_features(tables, clients, as_of, EVERYTHING, WORDS_KEPT)
        same = (fast == slow) | (np.isnan(fast) & np.isnan(slow))
        assert same.all(), [NAMES[column] for column in np.flatnonzero(~same.all(axis=0))]

    equal()


def test_the_kernel_equals_the_reference() -> None:
    check_equal(examples=120)


def recorded_at_as_of_counts(original: Callable[..., Any]) -> Callable[..., Any]:
    def wrong(*days: np.ndarray) -> np.ndarray:
        return original(*days) - 1  # <= in the place of <

    return wrong


def window_one_day_longer(original: Callable[..., Any]) -> Callable[..., Any]:
    def wrong(windows: list[int]) -> np.ndarray:
        return np.append(0, original(windows)).astype(np.int8)[: max(windows) + 1]

    return wrong


@pytest.mark.parametrize(
    "place, name, mistake",
    [
        (features.known, "first_known", recorded_at_as_of_counts),
        (features.kernel.aggregates, "ring_of_age", window_one_day_longer),
    ],
    ids=["recorded <= as_of", "age <= window + 1"],
)
def test_a_wrong_kernel_fails_the_same_check(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, mistake: Callable[..., Any]
) -> None:
    monkeypatch.setattr(place, name, mistake(getattr(place, name)))
    with pytest.raises(AssertionError):
        check_equal(examples=120, shrink=False)
