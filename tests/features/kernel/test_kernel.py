"""The kernel on tables drawn by hand: a window's edges, both clocks, corrections, what is unknown."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.catalogue.vocabulary import Vocabulary
from features.kernel import build_features
from tests.features.histories_data import catalogue_of, dates, empty_tables, family, table_of
from tests.plans import covers

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


@covers("002-D15")
@pytest.mark.parametrize("start, expected", [("2025-01-01", [0, 0]), ("2025-01-02", [0, np.nan])])
def test_a_window_before_the_observed_history_is_unknown(start: str, expected: list[float]) -> None:
    tables = {"residents": table_of("residents", [resident(history_start=start)])}
    row = built(tables, family("visits", "contacts", "count", windows=[30, 90]))
    np.testing.assert_array_equal(row, expected)


@covers("002-A9")
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
