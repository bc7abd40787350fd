"""Derived aggregates over plans, named pairs, services of the municipality and carers, on tables drawn by hand."""

from typing import Any

import numpy as np
import pytest

from features.kernel import build_features
from tests.features.histories_data import catalogue_of, dates, empty_tables, family, table_of
from tests.features.kernel.derived_rows import HOME, NO_CODES, rows, said
from tests.plans import covers


@covers("000-19", "001-G1", "002-B8")
@pytest.mark.parametrize(
    "values, change",
    [
        ([("2025-01-10", 1.0), ("2025-03-10", 4.0)], 4 - 1),
        ([("2025-01-10", 1.0), ("2025-02-10", 3.0), ("2025-03-10", 2.0)], 2 - 3),
        ([("2025-03-10", 4.0)], np.nan),
        ([("2025-03-10T08:00:00", 1.0), ("2025-03-10T09:00:00", 4.0)], np.nan),  # the same day
        ([("2025-03-09", 2.0), ("2025-03-10T08:00:00", 1.0), ("2025-03-10T09:00:00", 4.0)], 4 - 2),
        ([("2025-03-09", 2.0), ("2025-03-10", 1.0), ("2025-03-10", 4.0)], 4 - 2),  # a tie: the greater one is latest
    ],
)
def test_change_since_the_assessment_of_an_earlier_day(values: list[tuple[str, float]], change: float) -> None:
    declared = family("one", "assessments", "change_between_assessments", value="value")
    np.testing.assert_equal(said(declared, assessments=rows("time value", *values)), [change])


def test_a_window_of_change_asks_only_the_latest_as_last_does() -> None:
    values = rows("time value", ("2020-01-01", 1.0), ("2025-03-01", 4.0))
    declared = family("one", "assessments", "change_between_assessments", value="value", windows=[30, 90])
    np.testing.assert_equal(said(declared, assessments=values), [np.nan, 4 - 1])


@covers("000-65")
@pytest.mark.parametrize(
    "seen,          history_start, overdue",
    [
        ("2024-04-01", "2020-01-01",  0),  # 365 days ago
        ("2024-03-31", "2020-01-01",  1),  # 366 days ago
        ("2024-03-31", "2025-03-01",  1),  # an old visit is an old visit, however little is observed
        (None,         "2024-04-01",  1),  # none in the 365 days that are observed
        (None,         "2024-04-02",  np.nan),  # one day too few observed
        ("2025-03-31", "2025-03-31",  0),
    ],
)  # fmt: skip
def test_overdue_cannot_tell_from_a_short_history(seen: str | None, history_start: str, overdue: float) -> None:
    declared = family("one", "contacts", "overdue", within_days=365)
    visits = rows("time", *([(seen,)] if seen else []))
    home = [{**HOME, "history_start": history_start}]
    np.testing.assert_equal(said(declared, contacts=visits, residents=home), [overdue])


@covers("000-12", "001-B3")
@pytest.mark.parametrize(
    "plans, lapsed",
    [
        ([], 0),
        ([("2024-01-01", None, None)], 0),
        ([("2024-01-01", "2025-01-01", "2025-01-01")], 1),
        ([("2024-01-01", "2025-01-01", "2025-01-01"), ("2025-02-01", None, None)], 0),  # a new one
        ([("2024-01-01", "2025-03-31", "2025-04-01")], 0),  # the end was recorded at as_of: still reads as open
        ([("2025-04-01", None, None)], 0),  # begins at as_of: not known
    ],
)
def test_a_plan_lapses_when_its_end_became_known(plans: list[tuple[Any, ...]], lapsed: float) -> None:
    held = rows("valid_from valid_to valid_to_recorded_at", *plans)
    assert said(family("one", "plans", "lapsed"), plans=held) == [lapsed]


NAMED = "other_id role valid_from valid_to valid_to_recorded_at"


@covers("001-B5")
@pytest.mark.parametrize(
    "relations, share",
    [
        ([("d", "named_doctor", "2025-01-01", None, None)], 1 / 3),
        ([("d", "named_doctor", "2025-01-01", None, None), ("n", "named_nurse", "2025-01-01", None, None)], 2 / 3),
        ([("d", "own_worker", "2025-01-01", None, None)], np.nan),  # not the pair
        ([("d", "named_doctor", "2025-01-01", "2025-03-01", "2025-03-01")], np.nan),  # ended
        ([("d", "named_doctor", "2025-01-01", "2025-03-01", "2025-04-01")], 1 / 3),  # its end not yet known
        ([("d", "named_doctor", "2025-04-01", None, None)], np.nan),  # named at as_of
        ([("never met", "named_doctor", "2025-01-01", None, None)], 0),
    ],
)
def test_share_of_contacts_with_the_named_pair(relations: list[tuple[Any, ...]], share: float) -> None:
    visits = rows(
        "time professional_id", ("2025-03-01", "d"), ("2025-03-02", "n"), ("2025-03-03", "x"), ("2025-03-04", None)
    )
    ties = rows(NAMED, *relations, other_kind="professional")
    found = said(family("one", "contacts", "named_share", windows=[90]), contacts=visits, relations=ties)
    np.testing.assert_allclose(found, [share], atol=1e-6)


@pytest.mark.parametrize(
    "municipality, start,        found",
    [
        ("901",        "2020-01-01", [0, 0]),
        ("902",        "2020-01-01", [0, np.nan]),  # served from 15 February 2025 on: 90 days reach before
        ("902",        "2025-03-15", [np.nan, np.nan]),  # the client's own history is shorter still
        ("903",        "2020-01-01", [np.nan, np.nan]),  # no such service: absence is unknown, not zero
    ],
)  # fmt: skip
def test_absence_of_a_service_that_is_not_there_is_unknown(municipality: str, start: str, found: list[float]) -> None:
    covered = family("one", "contacts", "count", filter={"channel": "digital"}, coverage="clinic", windows=[30, 90])
    catalogue = catalogue_of(covered, coverage={"clinic": {"901": "2020-01-01", "902": "2025-02-15"}})
    home = [{**HOME, "municipality": municipality, "history_start": start}]
    np.testing.assert_equal(said(covered, catalogue=catalogue, residents=home), found)


def test_coverage_follows_the_municipality_known_at_the_date() -> None:
    covered = family("one", "contacts", "count", coverage="clinic", windows=[30])
    catalogue = catalogue_of(covered, coverage={"clinic": {"901": "2020-01-01"}})
    moved = rows(
        "municipality valid_from recorded_at", ("901", "2020-01-01", "2020-01-01"), ("903", "2025-03-20", "2025-04-01")
    )
    assert said(covered, catalogue=catalogue, residents=moved) == [0]  # the move was recorded at as_of
    np.testing.assert_equal(said(covered, at="2025-04-02", catalogue=catalogue, residents=moved), [np.nan])


@covers("002-B17")
def test_the_carer_s_records_stay_in_the_carer_s_row() -> None:
    tie = {"role": "informal_carer", "other_kind": "client", "other_id": "carer", "valid_from": "2025-01-01"}
    strain = {"time": "2025-03-01", "instrument": "COPE", "scale": "strain", "value": 50.0}
    visit = {"client_id": "carer", "time": "2025-03-01"}
    catalogue = catalogue_of(
        family("tie", "relations", "valid_on", filter={"role": "informal_carer"}),
        family("tie_age", "relations", "days_since", filter={"role": "informal_carer"}),
        family("strain", "assessments", "last", value="value", filter={"instrument": "COPE"}),
        family("visits", "contacts", "count", windows=[90]),
    )
    frames = {
        **empty_tables(),
        "residents": table_of("residents", [HOME, {"client_id": "carer"}]),
        "relations": table_of("relations", [{**HOME, **tie}]),
        "assessments": table_of("assessments", [{"client_id": "carer", **strain}]),
        "contacts": table_of("contacts", [visit]),
    }
    found = build_features(
        frames, np.array(["a", "carer"], object), dates("2025-04-01", "2025-04-01"), catalogue, NO_CODES
    )
    np.testing.assert_equal(found.tolist(), [[1, 90, np.nan, 0], [0, np.nan, 50, 1]])
