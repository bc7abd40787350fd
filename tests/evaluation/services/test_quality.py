"""The data-quality report: counted by hand on small registers, small cells hidden."""

from typing import Any

import numpy as np
import pytest

from evaluation.quality.counting import Place
from evaluation.quality.fields import State, checked_columns, states
from evaluation.quality.register import Register, described, field_line
from evaluation.small_cells.shown import shown_share, shown_shares
from features.tables import TABLES
from tests.evaluation.services.quality_rows import CLIENT, SOURCES, UNTIL, counted, summary_of, visits
from tests.features.histories_data import table_of
from tests.plans import covers

# What a cell says


@covers("001-G4")
@pytest.mark.parametrize(
    "column,        values,                          expected",
    [
        ("urgency",    ["urgent", "unknown"],        [State.KNOWN, State.CANNOT_TELL]),
        ("channel",    ["phone", "other"],           [State.KNOWN, State.OTHER]),
        ("reason",     ["A", None],                  [State.KNOWN, State.MISSING]),
    ],
)  # fmt: skip
def test_cannot_tell_is_neither_empty_nor_an_answer(column: str, values: list[Any], expected: list[State]) -> None:
    frame = visits(*({column: value} for value in values))
    assert states(TABLES["contacts"].by_name[column], frame[column]).tolist() == expected


def test_a_coded_no_is_an_answer() -> None:
    column = TABLES["residents"].by_name["non_disclosure"]
    frame = table_of("residents", [{"client_id": CLIENT, "non_disclosure": False}])
    assert states(column, frame["non_disclosure"]).tolist() == [State.KNOWN]
    zero = table_of(
        "contacts",
        [{"client_id": CLIENT, "time": "2024-01-01", "minutes": 0}, {"client_id": CLIENT, "time": "2024-01-01"}],
    )
    assert states(TABLES["contacts"].by_name["minutes"], zero["minutes"]).tolist() == [State.KNOWN, State.MISSING]


def test_dates_that_have_not_happened_are_not_missing() -> None:
    checked = {column.name for column in checked_columns(TABLES["episodes"])}
    assert "intensity" in checked
    assert not checked & {"end", "end_recorded_at", "client_id", "source", "recorded_at", "superseded_at"}


# Shares


@covers("000-80", "001-G5")
def test_the_shares_of_a_field_are_those_counted_by_hand() -> None:
    line = field_line(np.array([60, 20, 15, 5]), "channel", coded=True)
    assert line["completeness"] == (60 + 20) / 100
    assert line["cannot_tell_share"] == 15 / 100
    assert line["missing_share"] == 5 / 100
    assert line["structured"] == 60 / (60 + 20)
    assert not line["never_filled"]


def test_a_field_never_filled_is_told_apart_from_an_empty_one() -> None:
    assert field_line(np.array([0, 0, 0, 80]), "reason", coded=True)["never_filled"]
    assert field_line(np.array([0, 0, 80, 0]), "urgency", coded=True)["cannot_tell_share"] == 1.0


@pytest.mark.parametrize(
    "part, whole, shown",
    [
        (50, 100, 0.5),
        (0, 100, 0.0),
        (100, 100, 1.0),
        (3, 100, None),  # three rows
        (97, 100, None),  # all but three
        (3, 2000, 0.0),  # so many rows that a whole per cent tells nothing
        (1996, 2000, 1.0),
        (0, 0, None),
    ],
)
def test_a_share_gives_no_small_count_away(part: int, whole: int, shown: float | None) -> None:
    assert shown_share(part, whole) == shown


def test_hidden_counts_cannot_be_found_by_subtraction() -> None:
    line = field_line(np.array([90, 7, 0, 3]), "channel", coded=True)
    assert line["missing"] is None
    assert line["other"] is None  # else 100 - 90 - 7 would tell
    assert np.isnan(shown_shares(np.array([2, 0]), np.array([30, 0]))).all()


def test_only_catalogued_fields_are_judged_and_the_others_are_named() -> None:
    counts = counted(visits(*({"reason": "A"} for _ in range(10))))
    told = described(Register("s/a", counts, SOURCES["s/a"], UNTIL))
    assert "professional_id" in told["not_delivered"]
    assert "professional_id" not in {line["field"] for line in told["fields"]}


# Units


@covers("001-G4")
def test_the_emptiest_unit_stands_first_and_units_are_not_mixed() -> None:
    north = [{"unit": "north", "reason": "A" if number < 90 else None} for number in range(100)]
    south = [{"unit": "south", "reason": "A" if number < 30 else None} for number in range(100)]
    few = [{"unit": "few", "reason": None if number else "A"} for number in range(8)]
    summary = summary_of(visits(*north, *south, *few))
    found = [(line["unit"], line["completeness"]) for line in summary["worst"] if line["field"] == "reason"]
    assert found == [("south", 0.3), ("north", 0.9)]  # eight rows are too few to be compared
    assert {"source": "s/a", "table": "contacts", "field": "minutes", "units": ["north", "south"]} in (
        summary["never_filled"]
    )


def test_a_table_without_units_is_told_by_organisation() -> None:
    frame = table_of("diagnoses", [{"client_id": CLIENT, "time": "2024-01-01", "code": "A", "legacy_org": "old_town"}])
    assert {place for place, _ in counted(frame, {}, "diagnoses").cells} == {Place("s/a", "old_town")}


# Timeliness


@covers("002-D1")
def test_delays_are_counted_in_days_begun_and_late_is_later_than_declared() -> None:
    recorded = ["2024-03-01", "2024-03-01T08:00", "2024-03-04", "2024-03-04T00:00:01"] + ["2024-03-21"] * 6
    counts = counted(visits(*({"recorded_at": time} for time in recorded)))
    timely = described(Register("s/a", counts, SOURCES["s/a"], UNTIL))["timeliness"]
    delays = counts.delays[Place("s/a", "north")]
    assert delays[[0, 1, 3, 4, 20]].tolist() == [1, 1, 1, 1, 6]  # three days to the second is not late
    assert (timely["median_days"], timely["p90_days"], timely["late"]) == (20, 20, None)  # three rows in time: hidden
    many = counted(visits(*({"recorded_at": time} for time in recorded * 10)))
    assert described(Register("s/a", many, SOURCES["s/a"], UNTIL))["timeliness"]["late"] == 70 / 100


def test_events_before_the_coverage_are_a_first_load_and_not_late() -> None:
    old = [{"time": "1999-05-01", "recorded_at": "2022-01-10"} for _ in range(20)]
    new = [{"time": "2022-02-01", "recorded_at": "2022-02-02"} for _ in range(20)]
    timely = described(Register("s/a", counted(visits(*old, *new)), SOURCES["s/a"], UNTIL))["timeliness"]
    assert (timely["rows"], timely["loaded_before"], timely["p90_days"], timely["late"]) == (20, 20, 1, 0.0)


def test_a_source_that_declares_nothing_is_never_called_late() -> None:
    counts = counted(visits({"time": "2024-01-01"}, *({"recorded_at": "2024-09-01"} for _ in range(20))), {})
    timely = described(Register("s/a", counts, None, UNTIL))["timeliness"]
    assert timely["late"] is None
    assert timely["median_days"] == 184
