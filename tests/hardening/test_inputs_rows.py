"""I15–I21, I28–I30: what a row says beside other rows, and beside a life."""

from typing import Any

import pandas as pd
import pytest

from configs.errors import DataError
from tests.features.deliveries.extracts import ANNA, BERTTA, CECILIA, CONTACTS, RESIDENTS, STRANGER, Extracts, report_of
from tests.hardening.rows import GOOD, NEXT, falls_alone


def test_I15_the_second_copy_is_quarantined(extracts: Extracts) -> None:
    falls_alone(extracts, GOOD, "duplicate")


def test_I16_rows_of_one_key_that_disagree_are_both_quarantined(extracts: Extracts) -> None:
    extracts.contacts(GOOD, GOOD.replace("12,5", "13"), GOOD.replace("10:00", "11:00"))
    assert report_of(extracts.ingest()).quarantined == {"conflict": 2}
    assert extracts.reasons() == {2: "conflict", 3: "conflict"}


def test_I16_a_later_clock_of_the_source_decides(extracts: Extracts) -> None:
    extracts.contacts(GOOD, GOOD.replace("12,5", "13").replace("2024-03-02", "2024-03-09"))
    assert report_of(extracts.ingest()).quarantined == {}
    rows = extracts.read().sort_values("recorded_at")
    assert rows.minutes.tolist() == [12.5, 13.0]
    assert rows.superseded_at.tolist() == [pd.Timestamp("2024-03-09"), pd.NaT]


def test_I17_the_same_file_twice_changes_nothing(extracts: Extracts) -> None:
    extracts.contacts(GOOD)
    first = extracts.ingest()
    again = extracts.ingest()
    assert again.files == ()
    assert len(again.known) == 2
    assert again.sha256 == first.sha256


def test_I18_a_corrected_redelivery_supersedes_and_keeps_the_old(extracts: Extracts) -> None:
    extracts.contacts(GOOD, NEXT, name="contacts_1.csv", until="2024-04-30")
    extracts.ingest()
    extracts.contacts(GOOD.replace("12,5", "20"), NEXT, name="contacts_2.csv", until="2024-05-31")
    assert report_of(extracts.ingest(), "contacts_2.csv").quarantined == {"duplicate": 1}
    rows = extracts.read().sort_values(["time", "recorded_at"]).iloc[:2]
    assert rows.minutes.tolist() == [12.5, 20.0]
    assert rows.superseded_at.iloc[0] == rows.recorded_at.iloc[1] == pd.Timestamp("2024-06-01")  # known when delivered
    assert len(extracts.snapshot().batches) == 2


@pytest.mark.parametrize(
    "row",
    [
        f"{ANNA};2025-01-01;;T1;A01;1",  # one day after the last day that the delivery covers
        f"{ANNA};2025-01-01 00:00:00;;T1;A01;1",
        f"{ANNA};2024-03-02;2024-03-01;T1;A01;1",  # recorded before it happened
    ],
)
def test_I19_an_event_of_the_future_is_quarantined_with_no_tolerance(row: str, extracts: Extracts) -> None:
    falls_alone(extracts, row, "future_event")


def test_I19_the_last_second_covered_is_accepted(extracts: Extracts) -> None:
    extracts.contacts(f"{ANNA};2024-12-31 23:59:59;;T1;A01;1")
    assert report_of(extracts.ingest()).accepted == 1


PLAN = {
    "source": "plans",
    "table": "plans",
    "files": "extracts/plans.csv",
    "columns": {
        "client_id": {"from": "hetu", "pseudonymise": "henkilotunnus"},
        "valid_from": {"from": "from"},
        "recorded_at": {"from": "recorded"},
        "valid_to": {"from": "to"},
        "kind": {"value": "care_plan"},
    },
}


@pytest.mark.parametrize(
    "until, years, reasons",
    [
        ("2024-12-31", 2, {4: "too_far_ahead"}),  # 2026-12-31 is the last day of the horizon
        ("2024-12-31", 0, {3: "too_far_ahead", 4: "too_far_ahead"}),
        ("2024-12-31", 50, {}),
        (
            None,
            2,
            {3: "too_far_ahead", 4: "too_far_ahead"},
        ),  # the delivery says no last day: counted from the recording
    ],
)
def test_I19_a_planned_beginning_has_a_horizon(
    until: str | None, years: int, reasons: dict[int, str], extracts: Extracts
) -> None:
    extracts.mapping({**CONTACTS, **PLAN}, planned_years_ahead=years)
    extracts.contacts(GOOD)
    rows = [("2024-06-01", "2099-12-31"), ("2026-12-31", ""), ("2027-01-01", "")]
    body = "".join(f"{ANNA};{start};2024-05-01;{end}\n" for start, end in rows)
    extracts.deliver("plans.csv", f"hetu;from;recorded;to\n{body}", until)
    extracts.ingest()
    refused = extracts.quarantine()
    assert dict(zip(refused.line.astype(int), refused.reason, strict=True)) == reasons


def test_I19_a_booked_contact_may_lie_ahead_but_not_for_ever(extracts: Extracts) -> None:
    extracts.mapping(CONTACTS, columns={**CONTACTS["columns"], "status": {"value": "planned"}})
    extracts.contacts(f"{ANNA};2025-03-01;2024-03-01;T1;A01;1", f"{ANNA};2040-03-01;2024-03-01;T1;A01;1")
    extracts.ingest()
    assert extracts.reasons() == {3: "too_far_ahead"}


@pytest.mark.parametrize(
    "row, reason",
    [
        (f"{ANNA};1949-12-31;1949-12-31;T1;A01;1", "before_birth"),
        (f"{BERTTA};2023-07-01;;T1;A01;1", "after_death"),
    ],
)
def test_I20_an_event_outside_a_life(row: str, reason: str, extracts: Extracts) -> None:
    falls_alone(extracts, row, reason)


def _residents(extracts: Extracts, *people: str, until: str | None = "2024-12-31") -> dict[int, str]:
    columns = {**RESIDENTS["columns"], "valid_from": {"from": "since"}}
    extracts.mapping(RESIDENTS, columns=columns)
    extracts.deliver("people.csv", "hetu;born;died;since\n" + "".join(f"{person}\n" for person in people), until)
    extracts.contacts(f"{ANNA};2024-03-01;;T1;A01;1")
    extracts.ingest()
    return extracts.reasons()


def test_I20_nobody_is_older_than_120(extracts: Extracts) -> None:
    reasons = _residents(
        extracts,
        f"{ANNA};1950;;2020-01-01",
        f"{BERTTA};1899;;2020-01-01",  # 121 in 2020
        f"{CECILIA};1899;2010-01-01;2000-01-01",  # died at 111
    )
    assert reasons == {3: "older_than_120"}


def test_I20_an_event_at_121_is_quarantined(extracts: Extracts) -> None:
    people = f"{ANNA};1950;;2020-01-01\n{CECILIA};1903;;2020-01-01\n"
    extracts.mapping(RESIDENTS, columns={**RESIDENTS["columns"], "valid_from": {"from": "since"}})
    extracts.deliver("people.csv", f"hetu;born;died;since\n{people}")
    extracts.contacts(f"{CECILIA};2023-12-31;;T1;A01;1", f"{CECILIA};2024-01-01;;T1;A01;1")
    extracts.ingest()
    assert extracts.reasons() == {3: "older_than_120"}


def test_I20_a_birth_after_the_delivery_or_after_the_death(extracts: Extracts) -> None:
    reasons = _residents(
        extracts, f"{ANNA};1950;;2020-01-01", f"{BERTTA};2025;;2020-01-01", f"{CECILIA};1960;1959-01-01;1950-01-01"
    )
    assert reasons == {3: "future_event", 4: "before_birth"}


@pytest.mark.parametrize(
    "time",
    [
        "2024-02-31",
        "2023-02-29",
        "2024-13-01",
        "2024-03-31 03:30:00",  # the skipped hour of spring
        "2024-03-02T10:00:00+02:00",  # a zone: the registers speak wall-clock Europe/Helsinki
        "2024-03-02T10:00:00Z",
        "2024-03-02 24:00:00",
        "02.03.2024",  # not the declared form
    ],
)
def test_I21_a_time_that_does_not_exist_is_quarantined(time: str, extracts: Extracts) -> None:
    falls_alone(extracts, f"{ANNA};{time};;T1;A01;1", "bad_time")


def test_I21_the_doubled_hour_of_autumn_is_kept_as_written(extracts: Extracts) -> None:
    extracts.contacts(f"{ANNA};2024-10-27 03:30:00;;T1;A01;1")
    assert report_of(extracts.ingest()).accepted == 1


@pytest.mark.parametrize("number", ["NaN", "nan", "inf", "-inf", "Infinity", "-0", "-0,0", "1e2", "0x10", "1_000"])
def test_I28_what_is_no_number(number: str, extracts: Extracts) -> None:
    falls_alone(extracts, f"{ANNA};2024-03-02;;T1;A01;{number}", "bad_number")


@pytest.mark.parametrize("row", [f"{ANNA};;;T1;A01;1", f"{ANNA};2024-03-02;;;A01;1", ";2024-03-02;;T1;A01;1"])
def test_I28_a_cell_that_must_not_be_empty(row: str, extracts: Extracts) -> None:
    falls_alone(extracts, row, "missing_value")


@pytest.mark.parametrize(
    "row",
    [
        f"{ANNA};2024-03-02;;T1;A01;-5",
        f"{ANNA};2024-03-02;;T1;A01;1441",
        f"{ANNA};2024-03-02;;T1;A01;99999999999999999999",
        f"{ANNA};1024-03-02;;T1;A01;1",
    ],
)
def test_I29_negative_and_overflowing_values(row: str, extracts: Extracts) -> None:
    falls_alone(extracts, row, "out_of_range")


def test_I29_a_negative_duration_is_quarantined(extracts: Extracts) -> None:
    extracts.mapping({**CONTACTS, **PLAN})
    extracts.contacts(GOOD)
    extracts.deliver("plans.csv", f"hetu;from;recorded;to\n{ANNA};2024-03-02;;2024-03-01\n{ANNA};2024-03-02;;\n")
    extracts.ingest()
    assert extracts.reasons() == {2: "end_before_start"}


def test_I30_an_event_of_an_unknown_client(extracts: Extracts) -> None:
    falls_alone(extracts, f"{STRANGER};2024-03-02;;T1;A01;1", "orphan")


def test_I30_a_spoiled_residents_file_is_named_before_the_orphans_it_makes(extracts: Extracts) -> None:
    extracts.deliver("people.csv", f"hetu;born;died\n{ANNA[:-1]}*;1950;\n{BERTTA};1950;\n")
    spoiled: dict[str, Any] = {"quarantine_limit": 0.3}
    extracts.contacts(GOOD, NEXT)
    with pytest.raises(DataError, match=r"^people\.csv: 1 of 2 rows would be quarantined \(bad_identifier 1\)"):
        extracts.ingest(**spoiled)
