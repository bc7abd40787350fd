"""What guidance led to: every count known by hand, groups only, nothing from after the last known day."""

import pandas as pd
import pytest

from evaluation.guidance import groups, outcomes, transitions, uses
from evaluation.guidance.cases import BY_SEGMENT, CHOSEN, followed, guided
from evaluation.guidance.report import guided_lines, move_lines, profile_lines, shift_lines
from tests.evaluation.services.guidance_rows import (
    CONFIG,
    ROUTING,
    UNTIL,
    cases,
    contacts,
    day,
    decisions,
    episodes,
    records,
    residents,
)
from tests.plans import covers


def spells(*rows: tuple[str, int, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["client_id", "level", "start", "end"])
    return frame.assign(
        start=pd.to_datetime(frame["start"], format="ISO8601"), end=pd.to_datetime(frame["end"], format="ISO8601")
    )


def test_a_use_is_a_contact_that_took_place_or_a_lasting_service_until_today():
    seen = contacts(("a", "2024-01-05 10:00", "gp_visit", "video"), ("a", "2024-01-06", "gp_visit", "in_person"))
    seen.loc[1, "status"] = "no_show"
    held = episodes(
        ("a", "2024-02-01", None, "home_care_regular", "light"), ("b", "2024-02-01", None, "ward_stay", None)
    )
    found = uses.spells(seen, held, CONFIG.classes, UNTIL)
    assert found.values.tolist() == [
        ["a", 0, day("2024-01-05 10:00"), day("2024-01-06 10:00")],
        ["a", 4, day("2024-02-01"), UNTIL],
    ]


def test_a_service_begins_anew_after_its_quiet_days_only():
    found = spells(
        ("a", 1, "2024-01-01", "2024-01-02"),
        ("a", 1, "2024-02-01", "2024-02-02"),  # 30 days after the one before
        ("a", 1, "2024-12-01", "2024-12-02"),
        ("a", 2, "2024-02-01", "2024-02-02"),  # another class
        ("b", 1, "2024-02-01", "2024-02-02"),  # another client
    )
    begun = uses.begun(found, 180)
    assert sorted(zip(begun["client_id"], begun["level"], begun["start"].dt.month, strict=True)) == [
        ("a", 1, 1), ("a", 1, 12), ("a", 2, 2), ("b", 1, 2),
    ]  # fmt: skip


def test_the_professionals_choice_goes_before_the_table_and_one_guidance_counts_once():
    own = decisions(("a", "2024-01-05 09:00", "network", "own_worker"), ("b", "2024-01-05", "network", None))
    told = records(("a", "2024-01-05 15:00", "network"), ("c", "2024-01-05", "self_managed"))
    found = guided(own, told, ROUTING, "suuntima_like")
    assert found[["client_id", "recommended", "by"]].values.tolist() == [
        ["a", "own_worker", CHOSEN],
        ["b", "multi_professional_team", BY_SEGMENT],
        ["c", "service_guidance", BY_SEGMENT],
    ]


def test_a_decision_that_confirms_nothing_and_another_schemes_record_are_no_guidance():
    own = decisions(("a", "2024-01-05", None, None))
    told = records(("b", "2024-01-05", "network")).assign(scheme="other")
    assert guided(own, told, ROUTING, "suuntima_like").empty


def test_a_case_is_followed_to_its_end_and_an_overlapping_one_is_not_counted_again():
    told = records(("a", "2024-01-01", "network"), ("a", "2024-02-01", "network"), ("a", "2024-03-31", "network"),
                   ("b", "2024-04-02", "network"))  # fmt: skip
    found = followed(guided(decisions(), told, ROUTING, "suuntima_like"), 90, UNTIL)
    assert found["time"].dt.strftime("%m-%d").tolist() == ["01-01", "03-31"]  # b's 90 days end on the first unknown day


@covers("000-7")
def test_what_began_first_is_told_with_its_days():
    cases = pd.DataFrame({"client_id": ["a", "b", "c", "d"], "time": [day("2024-01-01 12:00")] * 4})
    begun = spells(
        ("a", 1, "2024-01-01 15:00", "2024-01-02"),  # the day of the guidance itself
        ("a", 2, "2024-01-11", "2024-01-12"),
        ("a", 5, "2024-01-11", "2024-01-12"),  # the heavier one of the same day
        ("b", 3, "2024-03-31", "2024-04-01"),  # day 90: after the follow-up
        ("c", 0, "2023-12-31", "2024-01-01"),
        ("d", 0, "2024-01-02", "2024-01-03"),
    )
    found = outcomes.first_started(cases, begun, 90)
    assert found["started"].tolist() == [5, outcomes.NOTHING, outcomes.NOTHING, 0]
    assert found["days"].fillna(-1).tolist() == [10, -1, -1, 1]


def test_quarters_end_before_the_last_known_day():
    starts = transitions.quarter_starts(day("2024-08-15").date(), 2)
    assert [f"{one:%Y-%m-%d}" for one in starts] == ["2024-01-01", "2024-04-01", "2024-07-01"]


@covers("002-B20")
def test_moves_by_hand():
    starts = transitions.quarter_starts(UNTIL.date(), 2)
    found = spells(
        ("a", 1, "2024-01-10", "2024-01-11"),
        ("a", 5, "2024-05-01", "2024-06-01"),
        ("b", 5, "2024-02-01", "2024-07-01"),
        ("c", 1, "2024-01-10", "2024-01-11"),
        ("d", 1, "2024-02-10", "2024-02-11"),
        ("e", 1, "2024-05-10", "2024-05-11"),
    )
    people = residents("a", "b", "c", "d", "e", d="2024-05-05", e="2024-05-20")
    ids = [one.id for one in CONFIG.classes]
    counted = transitions.moves(found, people, starts, ids)
    assert {(row.before, row.after): row.n for row in counted.itertuples()} == {
        ("clinic", "home_care"): 1,
        ("home_care", "home_care"): 1,
        ("clinic", "none"): 1,
        ("clinic", "left"): 1,
        ("none", "left"): 1,
    }


def test_who_moved_away_and_came_back_has_not_left():
    stays = pd.concat([residents("a"), residents("a")]).assign(valid_to=[day("2020-01-01"), pd.NaT])
    assert transitions.left_on(stays).isna().all()
    assert transitions.left_on(stays.assign(valid_to=[day("2020-01-01"), day("2024-01-01")]))["a"] == day("2024-01-01")


@covers("001-C2")
def test_light_clients_and_what_they_use_beside():
    held = episodes(
        ("a", "2024-01-01", None, "home_care_regular", "light"),
        ("b", "2024-01-01", None, "home_care_regular", "light"),
        ("c", "2024-01-01", "2024-03-01", "home_care_regular", "light"),  # ended
        ("d", "2024-01-01", None, "home_care_regular", "intensive"),
        ("b", "2024-01-01", None, "informal_care_support", None),
    )
    seen = contacts(("a", "2024-06-01", "gp_visit", "video"), ("b", "2024-01-01", "physiotherapy", "in_person"))
    assert groups.light_clients(seen, held, CONFIG.light_clients, UNTIL) == {
        "clients": 2, "digital": 1, "rehabilitation": 0, "informal_care": 1, "any": 2, "neither": 0,
    }  # fmt: skip


@covers("001-E1")
def test_frequent_users_and_their_profile():
    rows = [("a", f"2024-0{month}-01", "emergency_visit", "in_person") for month in (1, 2, 3, 4)]
    seen = contacts(*rows, ("b", "2024-01-01", "gp_visit", "in_person"), ("a", "2022-01-01", "gp_visit", "in_person"))
    seen["urgency"] = ["emergency"] * 4 + ["non_urgent"] * 2
    frequent = groups.frequent_users(seen, CONFIG.frequent_users, UNTIL)
    assert frequent.to_dict() == {"a": True, "b": False}
    found = groups.profile(frequent, {"sex": pd.Series({"a": "female"})})
    assert found.values.tolist() == [["sex", "female", 1, 0], ["sex", "unknown", 0, 1]]


def test_P2_small_cells_of_the_report_cannot_be_had_by_subtraction():
    lines = guided_lines(
        pd.concat([cases([-1] * 20 + [0] * 3 + [1] * 9), cases([-1] * 30 + [0] * 8, "community")]), ["x", "y"]
    )
    shown = {(line["segment"], line["started"]): line["n"] for line in lines}
    assert shown[("network", "x")] is None
    assert sum(n is None for n in shown.values()) >= 3
    assert all(line["median_days"] is None for line in lines if line["n"] is None)


def test_moves_shifts_and_profile_are_told_by_hand():
    moves = pd.DataFrame({"quarter": 0, "before": ["a", "a", "b", "b", "none"], "after": ["a", "b", "b", "a", "b"],
                          "n": [80, 20, 60, 40, 50]})  # fmt: skip
    assert {(one["before"], one["after"]): one["n"] for one in move_lines(moves, ["a", "b"])}[("a", "b")] == 20
    (line,) = shift_lines(moves, ["a", "b"], 1, ["2023Q4", "2024Q1"])
    assert line["quarter"] == "2024Q1"
    assert line["to_heavier"]["share"] == pytest.approx(0.2)
    assert line["to_lighter"]["share"] == pytest.approx(0.4)
    people = pd.DataFrame({"trait": "sex", "group": ["f", "m"], "frequent": [30, 10], "others": [100, 100]})
    assert [(one["n"], one["share"], one["others_share"]) for one in profile_lines(people)] == [
        (30, 0.75, 0.5), (10, 0.25, 0.5),
    ]  # fmt: skip
