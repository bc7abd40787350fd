"""Windows are half-open and end before as_of; grids are plain calendars."""

from datetime import date

import numpy as np
import pytest

from configs.errors import ConfigError
from features.windows import NEVER, Lookback, Step, day_numbers, index_dates, month_numbers, ring_of_age, year_numbers


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    "happened,     recorded,     known",
    [
        ("2025-03-31", "2025-03-31", True),  # the day before as_of
        ("2025-04-01", "2025-04-01", False),  # at as_of: not known
        ("2025-03-30", "2025-04-02", False),  # happened before, recorded after: not known
        ("2025-01-01", "2025-01-01", True),  # first day of a 90-day window
        ("2024-12-31", "2024-12-31", False),  # one day too old
    ],
)
def test_lookback_knows_only_what_was_recorded_before_as_of(happened: str, recorded: str, known: bool) -> None:
    assert Lookback(day("2025-04-01"), 90).contains(day(happened), day(recorded)) is known


def test_a_window_of_no_days_does_not_exist() -> None:
    with pytest.raises(ConfigError, match=r"at least 1 day, got 0"):
        Lookback(day("2025-04-01"), 0)


@pytest.mark.parametrize("age, ring", [(1, 0), (7, 0), (8, 1), (30, 1), (31, 2), (90, 2)])
def test_an_event_lies_in_the_narrowest_window_that_holds_it(age: int, ring: int) -> None:
    assert ring_of_age([7, 30, 90])[age] == ring


@pytest.mark.parametrize(
    "time,                  number",
    [
        ("1970-01-01T00:00:00", 0),
        ("1970-01-01T23:59:59", 0),
        ("1969-12-31T23:59:59", -1),  # the day before, not rounded towards 1970
        ("2024-02-29T12:00:00", 19782),
        ("NaT", NEVER),
    ],
)
def test_a_time_is_the_number_of_its_day(time: str, number: int) -> None:
    assert day_numbers(np.array([time], "datetime64[s]")).tolist() == [number]


@pytest.mark.parametrize(
    "date_text,    year, month",
    [("2024-02-29", 2024, 54 * 12 + 1), ("1969-12-31", 1969, -1), ("2025-01-01", 2025, 55 * 12)],
)
def test_years_and_months_are_calendar_ones(date_text: str, year: int, month: int) -> None:
    numbers = day_numbers(np.array([date_text], "datetime64[D]"))
    assert (year_numbers(numbers).tolist(), month_numbers(numbers).tolist()) == ([year], [month])


@pytest.mark.parametrize(
    "first,        last,         step,      expected",
    [
        ("2024-01-01", "2024-03-01", "month", ["2024-01-01", "2024-02-01", "2024-03-01"]),
        ("2023-10-15", "2024-04-14", "quarter", ["2023-10-15", "2024-01-15"]),
        ("2024-02-28", "2024-03-06", "week", ["2024-02-28", "2024-03-06"]),
        ("2024-02-01", "2024-02-01", "month", ["2024-02-01"]),
    ],
)
def test_a_grid_holds_its_first_and_last_date(first: str, last: str, step: Step, expected: list[str]) -> None:
    assert [str(found) for found in index_dates(day(first), day(last), step)] == expected


@pytest.mark.parametrize(
    "first, last, said",
    [("2024-02-01", "2024-01-01", "after the last one"), ("2024-01-31", "2024-06-01", "cannot start on day 31")],
)
def test_an_impossible_grid_is_refused(first: str, last: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        index_dates(day(first), day(last), "month")
