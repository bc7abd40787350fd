"""The newest known day behind each family, against a slow reading of the same rows; the age of each register."""

import random
from datetime import date, datetime

import numpy as np
import pytest

from features.catalogue.families import OTHER
from features.catalogue.specs import feature_names
from features.freshness import newest_dates
from features.kernel import build_features
from features.known import INTERVAL_ENDS
from features.reference.rows import has_ended, is_known, plain_rows, satisfies, time_of
from features.tables import TABLES
from models.answers import SourceAge
from models.explaining.ages import source_ages
from tests.features.histories_data import catalogue_of, empty_tables, family, table_of
from tests.features.kernel.kernel_world import AS_OF, EVERYTHING, KEPT, any_tables
from tests.plans import covers

DAY = date(2024, 4, 1)
VISITS = family("visits", "contacts", "count", windows=[30], filter={"service": "gp_visit"})
PLAN = family("plan", "plans", "valid_on", filter={"kind": "care_plan"})


def contact(time: str, **more: object) -> dict[str, object]:
    return {"client_id": "c", "time": time, **more}


def newest_visit(*rows: dict[str, object], as_of: date = DAY) -> date | None:
    tables = {**empty_tables(), "contacts": table_of("contacts", rows)}
    return newest_dates(tables, catalogue_of(VISITS), as_of).get("visits")


@pytest.mark.parametrize(
    "second,                                                              newest",
    [
        ({"time": "2024-03-30"},                                          date(2024, 3, 30)),
        ({"time": "2024-03-31T23:59:59"},                                 date(2024, 3, 31)),  # the day before as_of
        ({"time": "2024-04-01"},                                          date(2024, 1, 5)),   # at as_of: not known
        ({"time": "2024-03-30", "recorded_at": "2024-04-01"},             date(2024, 1, 5)),   # recorded too late
        ({"time": "2024-03-30", "superseded_at": "2024-03-31"},           date(2024, 1, 5)),   # replaced by then
        ({"time": "2024-03-30", "superseded_at": "2024-04-02"},           date(2024, 3, 30)),  # replaced later
        ({"time": "2024-03-30", "service": "nurse_visit"},                date(2024, 1, 5)),   # another family's row
        ({"time": "2024-03-30", "status": "no_show"},                     date(2024, 1, 5)),   # did not take place
    ],
)  # fmt: skip
def test_only_counted_rows_known_at_as_of_give_a_date(second, newest):
    assert newest_visit(contact("2024-01-05"), {"client_id": "c", **second}) == newest


def test_a_family_without_rows_has_no_date():
    assert newest_visit() is None
    assert newest_visit(contact("2024-01-05", service="nurse_visit")) is None


def test_no_window_hides_an_older_date():
    assert newest_visit(contact("2010-01-05")) == date(2010, 1, 5)


@pytest.mark.parametrize(
    "rows,                                                      newest",
    [
        ([("2024-01-05", None)],                                date(2024, 1, 5)),  # open
        ([("2023-01-05", "2024-02-01")],                        date(2024, 2, 1)),  # ended
        ([("2023-01-05", "2024-02-01"), ("2023-12-01", None)],  date(2023, 12, 1)),  # one is open
        ([("2023-01-05", "2024-06-01")],                        date(2023, 1, 5)),  # ends later
        ([("2024-04-02", None)],                                None),  # begins later
    ],
)  # fmt: skip
def test_what_is_open_is_dated_by_its_start_and_what_ended_by_its_end(rows, newest):
    held = [
        {
            "client_id": "c",
            "valid_from": start,
            "valid_to": end,
            "recorded_at": "2023-01-01",
            "valid_to_recorded_at": end,
        }
        for start, end in rows
    ]
    tables = {**empty_tables(), "plans": table_of("plans", held)}
    assert newest_dates(tables, catalogue_of(PLAN), DAY).get("plan") == newest


def test_a_code_has_its_own_date():
    by = family("by", "contacts", "count", windows=[30], by="service")
    rows = [contact("2024-01-05"), contact("2024-02-05", service="nurse_visit"), contact("2024-03-05", service=OTHER)]
    found = newest_dates({**empty_tables(), "contacts": table_of("contacts", rows)}, catalogue_of(by), DAY)
    assert found == {
        "by": date(2024, 3, 5),
        "by__gp_visit": date(2024, 1, 5),
        "by__nurse_visit": date(2024, 2, 5),
    }  # not by__other: the vocabulary decides what belongs there


@covers("000-23")
def test_a_row_without_the_value_is_not_behind_it():
    minutes = family("minutes", "contacts", "sum", value="minutes", windows=[30])
    rows = [contact("2024-01-05", minutes=20.0), contact("2024-03-05")]
    found = newest_dates({**empty_tables(), "contacts": table_of("contacts", rows)}, catalogue_of(minutes), DAY)
    assert found["minutes"] == date(2024, 1, 5)


def slowly(tables, as_of: date) -> dict[str, date]:
    """The same, row by row, with the reference's own rules."""
    midnight, found = datetime(as_of.year, as_of.month, as_of.day), {}
    for one in EVERYTHING.enabled:
        if one.table == "residents":
            continue
        rows = [row for row in plain_rows(tables[one.table]) if is_known(row, one, midnight)]
        rows = [row for row in rows if satisfies(row, one.conditions)]
        rows = [row for row in rows if one.value in (None, "month") or row[one.value] is not None]
        groups = {one.id: rows}
        for row in rows if one.by else ():
            if row[one.by] is not None and (row[one.by] != OTHER or OTHER in one.codes):
                groups.setdefault(f"{one.id}__{row[one.by]}", []).append(row)
        for key, held in groups.items():
            days = [time_of(row, one).date() for row in held]
            if one.aggregate in ("valid_on", "valid_sum", "lapsed"):
                ended = [has_ended(row, one.table, midnight) for row in held]
                end = INTERVAL_ENDS[TABLES[one.table].name]
                still = [day for day, gone in zip(days, ended, strict=True) if not gone]
                days = still or [row[end].date() for row in held]
            if days:
                found[key] = max(days)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_the_newest_dates_are_those_of_the_slow_reading(seed):
    tables = any_tables(["c"], random.Random(seed).choice)
    own = {name: frame[frame["client_id"] == "c"].reset_index(drop=True) for name, frame in tables.items()}
    for day in AS_OF:
        as_of = date.fromisoformat(day)
        assert newest_dates(own, EVERYTHING, as_of) == slowly(own, as_of)


def test_days_since_and_the_newest_date_agree_with_the_kernel():
    tables = any_tables(["c"], random.Random(7).choice)
    own = {name: frame[frame["client_id"] == "c"].reset_index(drop=True) for name, frame in tables.items()}
    as_of = date(2024, 3, 31)
    columns = list(
        build_features(own, np.array(["c"], object), np.array([as_of], "datetime64[D]"), EVERYTHING, KEPT)[0]
    )
    days = columns[feature_names(EVERYTHING, KEPT).index("since")]
    assert (as_of - newest_dates(own, EVERYTHING, as_of)["since"]).days == days


def test_a_register_is_as_old_as_its_newest_family():
    families = [
        family("a", "contacts", "count", windows=[30], source="contact registers"),
        family("b", "contacts", "days_since", source="contact registers"),
        family("c", "plans", "valid_on", source="plans"),
        family("age", "residents", "age_years", value="birth_year", source="population register"),
    ]
    ages = source_ages({"a": date(2024, 3, 1), "b": date(2024, 3, 31)}, families, DAY)
    assert ages == (SourceAge("contact registers", "2024-03-31", 1), SourceAge("plans", None, None))
