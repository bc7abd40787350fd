"""Each derived aggregate on a table drawn by hand, the sums left visible."""

from typing import Any

import numpy as np
import pytest

from features.catalogue import load_catalogue
from tests.features.histories_data import family
from tests.features.kernel.derived_rows import HOME, rows, said
from tests.plans import covers


def contacts(declared: dict[str, Any], names: str, *table: tuple[Any, ...]) -> list[float]:
    return said(family("one", "contacts", **declared), contacts=rows(names, *table))


def test_mean_counts_only_rows_with_a_value_inside_the_window() -> None:
    visits = [("2025-03-31", 20.0), ("2025-03-02", 30.0), ("2025-03-01", None), ("2025-01-01", 100.0)]
    length = {"aggregate": "mean", "value": "minutes", "windows": [30, 90]}
    assert contacts(length, "time minutes", *visits) == [(20 + 30) / 2, (20 + 30 + 100) / 3]
    np.testing.assert_equal(contacts({**length, "windows": [1]}, "time minutes", ("2025-03-01", 5.0)), [np.nan])


@pytest.mark.parametrize(
    "values, slope",
    [
        ([("2025-03-01", 1.0), ("2025-03-31", 3.0)], 2),  # 2 points in 30 days
        ([("2025-01-30", 4.0), ("2025-03-31", 0.0)], -2),  # -4 points in 60 days
        ([("2025-03-01", 1.0), ("2025-03-11", 3.0), ("2025-03-21", 2.0)], 30 * 10 / 200),  # -10*-1 + 10*0 of 200
        ([("2025-03-01", 1.0), ("2025-03-01", 3.0)], np.nan),  # one day only
        ([("2025-03-01", 1.0)], np.nan),
        ([("2025-02-28", 2.0), ("2025-03-01", 3.0)], 30),  # a month's end is one day wide
        ([("2025-03-01", 7.0), ("2025-03-31", 7.0)], 0),
    ],
)
def test_trend_is_the_slope_per_thirty_days(values: list[tuple[str, float]], slope: float) -> None:
    declared = family("one", "assessments", "trend", value="value", windows=[90])
    np.testing.assert_allclose(said(declared, assessments=rows("time value", *values)), [slope], atol=1e-6)


def test_trend_counts_the_leap_day() -> None:
    declared = family("one", "assessments", "trend", value="value", windows=[90])
    values = [("2024-02-28", 0.0), ("2024-03-01", 2.0)]  # two days apart in a leap year
    assert said(declared, at="2024-04-01", assessments=rows("time value", *values)) == [30.0]


def test_share_is_the_part_of_the_filtered_rows() -> None:
    declared = {
        "aggregate": "share",
        "filter": {"service": {"without": "home_care"}},
        "part": {"channel": ("chat", "digital")},
        "windows": [10, 90],
    }
    visits = [
        ("2025-03-30", "gp_visit", "chat"),
        ("2025-03-29", "gp_visit", "in_person"),
        ("2025-03-28", "home_care", "digital"),  # not in the filter
        ("2025-02-01", "other", "digital"),
    ]
    assert contacts(declared, "time service channel", *visits) == [1 / 2, round((1 + 1) / 3, 6)]


@covers("000-21", "001-D5")
@pytest.mark.parametrize(
    "met,         coci,                                usual",
    [
        ("p p p",     (9 - 3) / (3 * 2),                   3 / 3),
        ("p p q",     ((4 + 1) - 3) / (3 * 2),             2 / 3),
        ("p q r",     (3 - 3) / (3 * 2),                   1 / 3),
        ("p p q q r", ((4 + 4 + 1) - 5) / (5 * 4),         2 / 5),
        ("p p",       np.nan,                              np.nan),  # below three visits
        ("p p - -",   np.nan,                              np.nan),  # nobody known in two of them
        ("p p q -",   ((4 + 1) - 3) / (3 * 2),             2 / 3),
    ],
)  # fmt: skip
def test_continuity_is_undefined_below_three_visits(met: str, coci: float, usual: float) -> None:
    visits = [(f"2025-03-{day:02d}", None if who == "-" else who) for day, who in enumerate(met.split(), start=10)]
    same = {"value": "professional_id", "windows": [90]}
    found = [
        contacts({"aggregate": name, **same}, "time professional_id", *visits)
        for name in ("coci", "usual_provider_share")
    ]
    np.testing.assert_allclose(found, [[coci], [usual]], atol=1e-6)


@covers("000-23")
@pytest.mark.parametrize(
    "measured,                                              overdue, above",
    [
        ([],                                                1, np.nan),  # missing, of somebody observed for a year
        ([("2024-03-31", 60.0)],                            1, np.nan),  # late: 366 days ago
        ([("2024-04-01", 54.0)],                            0, 1),
        ([("2025-01-01", 60.0), ("2025-03-01", 50.0)],      0, 1 / 2),
        ([("2025-03-01", 53.0)],                            0, 0),  # 53 mmol/mol is in target
    ],
)  # fmt: skip
def test_care_gaps_missing_late_and_out_of_target(measured: Any, overdue: float, above: float) -> None:
    families = load_catalogue("configs/features.yaml").families
    home = [{**HOME, "history_start": "2024-04-01"}]
    seen = rows("time scale value", *((when, "hba1c", value) for when, value in measured))
    for name, expected in (("hba1c_overdue", overdue), ("hba1c_off_target", above)):
        np.testing.assert_allclose(said(families[name], assessments=seen, residents=home), [expected], err_msg=name)


@covers("000-23")
def test_a_care_gap_waits_for_a_source_that_records_it() -> None:
    """The gate of recording: without measurements in the training data no such feature reaches a model."""
    families = load_catalogue("configs/features.yaml").families
    gaps = [
        one
        for name, one in families.items()
        if name.endswith(("_overdue", "_off_target")) and one.table == "assessments"
    ]
    assert len(gaps) == 6
    assert all(one.minimum_completeness == 0.5 for one in gaps)


@covers("000-16")
@pytest.mark.parametrize(
    "sectors,                            bits",
    [
        ("",                             np.nan),
        ("social social",                0),
        ("social primary",               1),
        ("social primary specialised",   np.log2(3)),
        ("social social social primary", -(0.75 * np.log2(0.75) + 0.25 * np.log2(0.25))),
        ("social primary - -",           1),  # the sector of two is not known
    ],
)  # fmt: skip
def test_the_entropy_of_a_client_over_the_sectors(sectors: str, bits: float) -> None:
    visits = [(f"2025-03-{day}", None if one == "-" else one) for day, one in enumerate(sectors.split(), start=10)]
    declared = {"aggregate": "entropy", "value": "sector", "windows": [90]}
    np.testing.assert_allclose(contacts(declared, "time sector", *visits), [bits], atol=1e-6)


@covers("000-21")
def test_the_minimum_of_visits_is_declared() -> None:
    declared = {"aggregate": "coci", "value": "professional_id", "windows": [90], "at_least": 2}
    assert contacts(declared, "time professional_id", ("2025-03-01", "p"), ("2025-03-02", "p")) == [(4 - 2) / (2 * 1)]


@covers("000-62")
@pytest.mark.parametrize(
    "visits, share",
    [
        ([("2025-03-01", "K"), ("2025-03-15", "K")], 1 / 2),  # 14 days later: still a repeat
        ([("2025-03-01", "K"), ("2025-03-16", "K")], 0),  # 15 days later
        ([("2025-03-01", "K"), ("2025-03-02", "L")], 0),  # another reason
        ([("2025-03-01", "K"), ("2025-03-02", "K"), ("2025-03-03", "K")], 2 / 3),
        ([("2025-03-01", "K"), ("2025-03-01", "K")], 0),  # the same second: one visit written twice
        ([("2025-03-01", "K"), ("2025-03-01", "K"), ("2025-03-02", "K")], 1 / 3),
        ([("2025-03-01T23:59:59", "K"), ("2025-03-15T00:00:00", "K")], 1 / 2),
        ([("2025-03-01", None), ("2025-03-02", "K")], 0),
        ([("2024-12-31", "K"), ("2025-01-01", "K")], 0),  # the first of them lies before the window
        ([("2025-03-01", None)], np.nan),
    ],
)
def test_a_repeat_comes_back_for_the_same_reason_soon(visits: list[tuple[str, str | None]], share: float) -> None:
    declared = {"aggregate": "repeat_contact_share", "value": "reason", "within_days": 14, "windows": [90]}
    np.testing.assert_allclose(contacts(declared, "time reason", *visits), [share], atol=1e-6)


@pytest.mark.parametrize(
    "clock, night",
    [
        *[("21:59:59", 0), ("22:00:00", 1), ("23:59:59", 1), ("00:00:00", 1)],
        *[("06:59:59", 1), ("07:00:00", 0), ("12:00:00", 0)],
    ],
)
def test_night_is_ten_to_seven_on_the_wall_clock(clock: str, night: float) -> None:
    night_share = {"aggregate": "night_share", "windows": [90]}
    assert contacts(night_share, "time", (f"2025-03-10T{clock}",)) == [night]
    # The nights of the changed clocks have the same hours on the wall.
    assert contacts(night_share, "time", (f"2025-03-30T{clock}",), ("2025-03-29T12:00:00",)) == [night / 2]


@pytest.mark.parametrize(
    "visits, first",
    [
        ([("2025-03-01", "emergency"), ("2025-03-02", "non_urgent")], 1),
        ([("2025-03-02", "emergency"), ("2025-03-01", "non_urgent")], 0),
        ([("2025-03-01", "urgent"), ("2025-03-01", "emergency")], 1),  # at one second an emergency comes first
        ([("2025-03-01", "unknown"), ("2025-03-02", "emergency")], np.nan),  # cannot tell is not no
        ([("2024-12-31", "emergency"), ("2025-03-01", "urgent")], 0),  # before the window
        ([("2024-12-31", "emergency")], np.nan),
    ],
)
def test_how_the_client_came_in(visits: list[tuple[str, str]], first: float) -> None:
    declared = {"aggregate": "first_contact_is_emergency", "windows": [90]}
    np.testing.assert_equal(contacts(declared, "time urgency", *visits), [first])


@pytest.mark.parametrize(
    "visits, at_least, at_most, said_so",
    [(59, 60, None, 0), (60, 60, None, 1), (61, 60, None, 1), (0, 1, 9, 0), (1, 1, 9, 1), (9, 1, 9, 1), (10, 1, 9, 0)],
)
def test_intensity_classes_by_visits_in_a_month(
    visits: int, at_least: int, at_most: int | None, said_so: float
) -> None:
    limits = {"aggregate": "count_within", "at_least": at_least, "windows": [30]} | (
        {"at_most": at_most} if at_most else {}
    )
    assert contacts(limits, "time", *[("2025-03-10",)] * visits) == [said_so]
