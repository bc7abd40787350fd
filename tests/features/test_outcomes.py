"""Labels drawn as tables: what counts, what is unknown at as_of, what is left out."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from configs.errors import ConfigError
from configs.loader import validate_config
from features.outcomes import OutcomeRule, Step, Window, is_open, label_rows
from tests.plans import covers

AS_OF, UNTIL = "2024-01-01", date(2024, 12, 31)
WARD = OutcomeRule(episode_start=("ward_stay",))
HEAVIER = OutcomeRule(
    heavier=(
        Step(kind="home_care_regular", intensity="light"),
        Step(kind="home_care_regular", intensity="regular"),
        Step(kind="residential_24h"),
    )
)
LIGHT, REGULAR = ("home_care_regular", "light"), ("home_care_regular", "regular")
CARE_24H, STAY = ("residential_24h", None), ("ward_stay", None)


def episodes(*drawn: tuple) -> pd.DataFrame:
    """(kind and intensity, start, end, recorded[, end recorded[, superseded]]) of client "a"."""
    rows = []
    for (kind, intensity), start, end, recorded, *rest in drawn:
        end_recorded, superseded = [*rest, None, None][:2]
        rows.append(("a", kind, intensity, start, end, recorded, end_recorded or end, superseded))
    names = ["client_id", "kind", "intensity", "start", "end", "recorded_at", "end_recorded_at", "superseded_at"]
    frame = pd.DataFrame(rows, columns=names)
    for name in names[3:]:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame.astype({"kind": "category", "intensity": "category", "client_id": "category"})


def residents(died: str | None = None, left: str | None = None) -> pd.DataFrame:
    frame = pd.DataFrame({"client_id": ["a"], "died_on": [died], "valid_to": [left], "superseded_at": [None]})
    for name in ("died_on", "valid_to", "superseded_at"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame


def rows(*dates: str) -> pd.DataFrame:
    return pd.DataFrame({"client_id": "a", "as_of": pd.to_datetime(list(dates or (AS_OF,)))})


def labelled(drawn, rule, window=Window(90), people=None, kinds=()) -> list[int]:  # noqa: B008
    people = residents() if people is None else people
    return label_rows(rows(), {"episodes": episodes(*drawn)}, people, rule, window, UNTIL, kinds).label.tolist()


@pytest.mark.parametrize(
    "start,        gap, label",
    [
        ("2023-12-31", 0,   0),  # the day before as_of: known or not, it is past
        ("2024-01-01", 0,   1),  # on as_of: the first day of the window
        ("2024-03-30", 0,   1),  # the last day of 90
        ("2024-03-31", 0,   0),  # the first day after
        ("2024-01-30", 30,  None),  # the last day of the gap: already on the way, left out
        ("2024-01-31", 30,  1),  # the first day after the gap
        ("2024-04-29", 30,  1),  # day 120 is the last one
        ("2024-04-30", 30,  0),
    ],
)  # fmt: skip
def test_a_start_counts_in_the_half_open_window_after_the_gap(start, gap, label):
    assert labelled([(STAY, start, None, start)], WARD, Window(90, gap)) == ([] if label is None else [label])


@pytest.mark.parametrize(
    "starts,                       label",
    [
        (["2024-01-15"],               0),  # inside the gap only
        (["2024-01-15", "2024-02-01"], 1),  # and again after it
    ],
)  # fmt: skip
def test_a_repeatable_start_inside_the_gap_neither_counts_nor_takes_the_row_out(starts, label):
    again = OutcomeRule(episode_start=("ward_stay",), repeatable=True)
    assert labelled([(STAY, start, None, start) for start in starts], again, Window(90, 30)) == [label]


@pytest.mark.parametrize(
    "drawn,                                                             kept",
    [
        ([(STAY, "2023-12-31", None, "2023-12-31")],                    []),   # open and known
        ([(STAY, "2023-12-20", None, "2024-02-01")],                    []),   # open, recorded later
        ([(STAY, "2023-12-01", "2023-12-20", "2023-12-01")],            [0]),  # over
        ([(STAY, "2023-12-01", "2023-12-20", "2023-12-01", "2024-01-05")], []),  # over, but not known to be
        ([(STAY, "2024-01-01", None, "2024-01-01")],                    [1]),  # starts on as_of: new
    ],
)  # fmt: skip
def test_new_only_leaves_out_who_has_one_open(drawn, kept):
    new = OutcomeRule(episode_start=("ward_stay",), new_only=True)
    assert labelled(drawn, new) == kept


def test_a_start_recorded_late_still_counts_and_a_withdrawn_one_does_not():
    late = (STAY, "2024-02-01", None, "2024-06-01")
    withdrawn = (STAY, "2024-02-01", None, "2024-02-02", None, "2024-03-01")
    assert labelled([late], WARD) == [1]
    assert labelled([withdrawn], WARD) == [0]


def test_another_kind_is_no_outcome():
    assert labelled([(LIGHT, "2024-02-01", None, "2024-02-01")], WARD) == [0]


BEFORE = (LIGHT, "2023-06-01", None, "2023-06-01")


@covers("002-B20")
@pytest.mark.parametrize(
    "drawn,                                                                       label",
    [
        ([BEFORE, (REGULAR, "2024-02-01", None, "2024-02-01")],                   [1]),  # a step up
        ([BEFORE, (CARE_24H, "2024-02-01", None, "2024-02-01")],                  [1]),  # two steps up
        ([BEFORE, (LIGHT, "2024-02-01", None, "2024-02-01")],                     [0]),  # the same again
        ([(REGULAR, "2023-06-01", None, "2023-06-01"), (LIGHT, "2024-02-01", None, "2024-02-01")], [0]),  # lighter
        ([BEFORE],                                                                [0]),
        ([(LIGHT, "2024-02-01", None, "2024-02-01")],                             [1]),  # from nothing
        # the heavier care had begun before as_of but was recorded after: neither yes nor no
        ([BEFORE, (REGULAR, "2023-12-20", None, "2024-01-10")],                   []),
        # its end was known only after as_of: at as_of the client still has regular care
        ([(REGULAR, "2023-06-01", "2023-12-20", "2023-06-01", "2024-01-10"),
          (REGULAR, "2024-02-01", None, "2024-02-01")],                           [0]),
        ([(REGULAR, "2023-06-01", "2023-11-20", "2023-06-01", "2023-11-21"),
          BEFORE, (REGULAR, "2024-02-01", None, "2024-02-01")],                   [1]),  # regular care had ended
    ],
)  # fmt: skip
def test_heavier_is_a_step_above_what_was_known(drawn, label):
    assert labelled(drawn, HEAVIER) == label


def test_a_step_inside_the_gap_is_left_out():
    step = (REGULAR, "2024-01-15", None, "2024-01-15")
    assert labelled([BEFORE, step], HEAVIER, Window(90, 30)) == []


@pytest.mark.parametrize(
    "start,        recorded,     end,          end_recorded, known_open",
    [
        ("2023-12-31", "2023-12-31", None, None, True),
        ("2024-01-01", "2024-01-01", None, None, False),  # starts on as_of
        ("2023-12-01", "2024-01-01", None, None, False),  # recorded on as_of
        ("2023-12-01", "2023-12-01", "2023-12-31", "2023-12-31", False),
        ("2023-12-01", "2023-12-01", "2024-01-01", "2023-12-01", True),  # ends on as_of: not over before it
        ("2023-12-01", "2023-12-01", "2023-12-20", "2024-01-01", True),  # the end was not known
    ],
)
def test_open_as_known_at_as_of(start, recorded, end, end_recorded, known_open):
    drawn = episodes((LIGHT, start, end, recorded, end_recorded))
    assert is_open(rows(), drawn, ["home_care_regular"]).tolist() == [known_open]


@pytest.mark.parametrize(
    "died,         left,         start,        labels",
    [
        (None,         None,         None,         [0]),
        ("2024-02-01", "2024-02-01", None,         [0]),  # died: no outcome
        ("2023-12-31", "2023-12-31", None,         []),   # not alive at as_of
        (None,         "2024-02-01", None,         []),   # moved away: nobody knows
        (None,         "2024-02-01", "2024-01-15", [1]),  # moved away after the outcome
        (None,         "2024-06-01", None,         [0]),  # moved away after the horizon
    ],
)  # fmt: skip
def test_deaths_and_moves(died, left, start, labels):
    drawn = [(STAY, start, None, start)] if start else []
    assert labelled(drawn, WARD, Window(90), residents(died, left)) == labels


def test_a_horizon_past_the_data_gives_no_label_and_filters_are_counted():
    found = label_rows(rows("2024-01-01", "2024-10-03"), {"episodes": episodes()}, residents(), WARD, Window(90), UNTIL)
    assert found.kept.tolist() == [True, False]
    first = found.attrition[0]
    assert (first["rows_before"], first["rows_after"]) == (2, 1)
    assert (first["clients_before"], first["clients_after"]) == (1, 1)


def test_no_residents_table_is_no_obstacle():
    assert label_rows(
        rows(), {"episodes": episodes()}, residents().iloc[:0], WARD, Window(90), UNTIL
    ).label.tolist() == [0]


def test_a_cohort_of_open_episodes():
    assert labelled([BEFORE], HEAVIER, kinds=("home_care_regular",)) == [0]
    assert labelled([BEFORE], HEAVIER, kinds=("supported_housing",)) == []


@pytest.mark.parametrize(
    "values", [{}, {"episode_start": ["ward_stay"], "heavier": [{"kind": "ward_stay"}]}, {"episode_start": []}]
)
def test_exactly_one_rule(values):
    with pytest.raises(ConfigError, match="give either"):
        validate_config(values, OutcomeRule, "need.yaml")


def test_labels_stay_with_their_rows():
    people = pd.DataFrame({"client_id": ["b", "a", "b"], "as_of": pd.to_datetime([AS_OF, AS_OF, "2023-06-01"])})
    found = label_rows(
        people, {"episodes": episodes((STAY, "2024-02-01", None, "2024-02-01"))}, residents(), WARD, Window(90), UNTIL
    )
    assert np.array_equal(found.label, [0, 1, 0])
