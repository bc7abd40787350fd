"""Informal care that breaks: the tie ends and heavier care starts around the end."""

import pytest

from features.outcomes import Window
from tests.features.outcomes.drawn import STEPS, asked, care, episode, rule, tables, told
from tests.plans import covers

BREAKS = rule(
    episode_end={
        "kinds": ["informal_care_support"], "roles": ["informal_carer"], "then_starts": ["ward_stay"],
        "then_heavier": [*STEPS, {"kind": "residential_24h"}], "before_days": 10, "within_days": 20,
    }
)  # fmt: skip
NO = [("no", None)]


def support(end: str | None, start: str = "2023-01-01", **more):
    return episode("informal_care_support", start, end, **more)


def ward(start: str, **more):
    return episode("ward_stay", start, **more)


def tie(end: str | None):
    return {
        "client_id": "a", "other_kind": "client", "other_id": "c", "role": "informal_carer",
        "valid_from": "2023-01-01", "valid_to": end, "valid_to_recorded_at": end,
    }  # fmt: skip


@covers("002-B17")
@pytest.mark.parametrize(
    "drawn,                                                                  label",
    [
        ([support("2024-02-10"), ward("2024-02-10")],                        [("yes", "2024-02-10")]),
        ([support("2024-02-10"), ward("2024-02-29")],                        [("yes", "2024-02-29")]),  # day 20
        ([support("2024-02-10"), ward("2024-03-01")],                        NO),                       # day 21
        ([support("2024-02-10"), ward("2024-01-31")],                        [("yes", "2024-02-10")]),  # 10 days before
        ([support("2024-02-10"), ward("2024-01-30")],                        NO),
        ([support("2024-02-10")],                                            NO),  # ended, nothing heavier
        ([support(None), ward("2024-02-10")],                                NO),  # did not end
        ([support("2024-02-10"), support("2024-02-20", "2024-02-10"), ward("2024-02-10")],
         [("yes", "2024-02-20")]),  # the second support ends
        ([support("2024-02-10"), episode("informal_care_support", "2024-02-05"), ward("2024-02-10")], NO),  # goes on
        ([support("2024-02-10"), care("light", "2024-02-15")],               [("yes", "2024-02-15")]),  # from nothing
        ([support("2024-02-10"), care("light", "2023-03-01", "2024-02-15"), care("regular", "2024-02-15")],
         [("yes", "2024-02-15")]),
        ([support("2024-02-10"), care("light", "2023-03-01", "2024-02-15"), care("light", "2024-02-15")], NO),
        ([support("2024-02-10"), care("regular", "2023-03-01", "2024-02-15"), care("light", "2024-02-15")], NO),
        ([support("2023-12-31"), ward("2024-01-05")],                        [("yes", "2024-01-05")]),
        ([support("2024-03-25"), ward("2024-03-31")],                        NO),
    ],
)  # fmt: skip
def test_a_break(drawn, label):
    assert told(asked(BREAKS, tables(episodes=drawn))) == label


def test_a_tie_breaks_like_an_episode_and_holds_where_the_other_one_ends():
    ended = tables(relations=[tie("2024-02-10")], episodes=[ward("2024-02-12")])
    assert told(asked(BREAKS, ended)) == [("yes", "2024-02-12")]
    held = tables(relations=[tie(None)], episodes=[support("2024-02-10"), ward("2024-02-12")])
    assert told(asked(BREAKS, held)) == NO


@pytest.mark.parametrize(
    "person,                                                    label",
    [
        ({"died_on": "2024-02-10", "valid_to": "2024-02-10"},   NO),  # ended by the death
        ({"died_on": "2024-02-11", "valid_to": "2024-02-11"},   [("yes", "2024-02-10")]),
        ({"valid_to": "2024-02-10"},                            []),  # ended by moving away: nobody knows
    ],
)  # fmt: skip
def test_an_end_by_death_or_moving_is_no_break(person, label):
    held = tables(episodes=[support("2024-02-10"), ward("2024-02-08")])
    assert told(asked(BREAKS, held, people=[{"client_id": "a", **person}])) == label


def test_a_break_inside_the_gap_is_left_out():
    held = tables(episodes=[support("2024-01-10"), ward("2024-01-12")])
    assert told(asked(BREAKS, held, Window(90, 30))) == []
    assert told(asked(BREAKS, held)) == [("yes", "2024-01-12")]
