"""Indicators: working days, deadlines, periods, and what was known when."""

import pandas as pd
import pytest

from evaluation.indicators.measures.clocks import days_between, deadlines
from evaluation.indicators.periods import spans
from tests.evaluation.services.indicator_rows import county, parts_of, people
from tests.plans import covers

TODAY = "2024-12-31"


@pytest.mark.parametrize(
    "start,       stop,         days",
    [
        ("2024-03-28", "2024-04-02", 1),  # Maundy Thursday to Tuesday: Good Friday and Easter Monday are off
        ("2024-03-27", "2024-04-03", 3),  # Thursday, Tuesday, Wednesday
        ("2025-01-03", "2025-01-07", 1),  # Friday to Tuesday: Monday 6 January is Epiphany
        ("2024-06-20", "2024-06-24", 1),  # Thursday to Monday: Midsummer Eve is off
        ("2024-07-01", "2024-07-01", 0),  # the same day
        ("2024-07-05", "2024-07-07", 0),  # Friday to Sunday
        ("2024-12-23", "2024-12-27", 1),  # Christmas Eve to Boxing Day are off
        ("2024-12-05", "2024-12-09", 1),  # Independence Day is a Friday
    ],
)
def test_working_days_over_finnish_holidays(start: str, stop: str, days: int) -> None:
    first, last = pd.Series(pd.to_datetime([start])), pd.Series(pd.to_datetime([stop]))
    assert days_between(first, last, "working")[0] == days
    assert days_between(first, last, "calendar")[0] == (last - first).dt.days[0]


@covers("001-D2")
@pytest.mark.parametrize(
    "start,        limit, clock,     months, last",
    [
        ("2024-03-25", 7, "working", False, "2024-04-05"),  # 26, 27, 28 March, 2, 3, 4, 5 April
        ("2024-12-30", 3, "working", False, "2025-01-03"),  # 31 December, 2, 3 January
        ("2025-01-03", 1, "working", False, "2025-01-07"),  # over Epiphany
        ("2024-06-19", 2, "working", False, "2024-06-24"),  # over Midsummer
        ("2024-03-25", 7, "calendar", False, "2024-04-01"),  # Easter Monday counts
        ("2024-11-30", 3, "calendar", True, "2025-02-28"),  # three months end with February
    ],
)
def test_deadlines(start: str, limit: int, clock: str, months: bool, last: str) -> None:
    found = deadlines(pd.Series(pd.to_datetime([start])), limit, clock, months)  # type: ignore[arg-type]
    assert found[0] == pd.Timestamp(last)


def test_a_working_day_deadline_and_the_count_agree_on_every_day_of_a_year() -> None:
    start = pd.Series(pd.date_range("2024-01-01", "2024-12-31"))
    assert (days_between(start, deadlines(start, 7, "working"), "working") == 7).all()


@pytest.mark.parametrize(
    "grain,     until,        names",
    [
        ("quarter", "2024-12-03", ["2024Q2", "2024Q3"]),
        ("quarter", "2025-01-01", ["2024Q3", "2024Q4"]),  # a period that ends at `until` is whole
        ("month", "2024-12-03", ["2024-10", "2024-11"]),
        ("year", "2024-12-03", ["2022", "2023"]),
    ],
)
def test_periods(grain: str, until: str, names: list[str]) -> None:
    assert [one.name for one in spans(grain, pd.Timestamp(until), 2)] == names  # type: ignore[arg-type]


# What was known when


@pytest.mark.parametrize(
    "time,        recorded,     counted",
    [
        ("2024-07-01", "2024-12-30", 1),  # recorded the day before as_of
        ("2024-07-01", "2024-12-31", 0),  # recorded at as_of: not known
        ("2024-09-30", "2024-10-15", 1),  # the last day of the quarter, recorded after it
        ("2024-10-01", "2024-10-01", 0),  # the next quarter
        ("2024-06-30", "2024-07-01", 0),  # the quarter before
    ],
)
def test_an_event_counts_when_it_happened_in_the_period_and_was_recorded_before_as_of(
    time: str, recorded: str, counted: int
) -> None:
    contact = {"client_id": "a", "time": time, "recorded_at": recorded, "channel": "chat"}
    assert parts_of("remote_contact_share", TODAY, residents=people("a"), contacts=[contact])[1] == counted


def test_an_end_that_was_recorded_late_leaves_the_matter_waiting() -> None:
    request = {"client_id": "a", "request_id": "1", "requested_at": "2024-06-01", "started_at": "2024-09-01"}
    known = {**request, "started_recorded_at": "2024-09-02"}
    late = {**request, "started_recorded_at": "2025-01-02"}
    assert parts_of("visible_debt_share", TODAY, residents=people("a"), requests=[known])[1] == 0
    assert parts_of("visible_debt_share", TODAY, residents=people("a"), requests=[late]) == (1, 1, 0)


@covers("000-59")
def test_the_dead_wait_for_nothing() -> None:
    waits = [{"client_id": one, "request_id": one, "requested_at": "2024-03-01"} for one in ("a", "b")]
    died = people("b", died_on="2024-04-01", died_recorded_at="2024-04-02")
    assert parts_of("visible_debt_share", TODAY, residents=[*people("a"), *died], requests=waits) == (1, 1, 0)
    later = people("b", died_on="2025-01-05", died_recorded_at="2025-01-06")
    assert parts_of("visible_debt_share", TODAY, residents=[*people("a"), *later], requests=waits) == (2, 2, 0)


def test_a_corrected_row_counts_as_it_stands() -> None:
    old = {"client_id": "a", "time": "2024-07-01", "channel": "phone", "superseded_at": "2024-08-01"}
    new = {"client_id": "a", "time": "2024-07-01", "channel": "chat", "recorded_at": "2024-08-01"}
    assert parts_of("remote_contact_share", TODAY, residents=people("a"), contacts=[old, new]) == (1, 1, 0)


@covers("001-D1")
def test_a_free_time_far_ahead_is_known_when_it_was_opened() -> None:
    """All three times lie after as_of: they still say how long the wait is."""
    ahead = [{"slot_id": day, "slot_at": day} for day in ("2025-01-02", "2025-01-03", "2025-01-07")]
    common = {"offered_at": "2024-10-01", "unit": "terveysasema_901", "profession": "physician"}
    found = county("t3_physician", TODAY, [{**common, **one} for one in ahead])
    assert found["value"] == pytest.approx((41 + 36 + 31 + 26 + 21) / 5)  # to 7 January over six days off
