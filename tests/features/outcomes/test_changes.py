"""Levels and minutes of home care: where the client stands at the end against what was known at as_of."""

import pytest

from configs.errors import ConfigError
from features.outcomes import Window
from tests.features.outcomes.drawn import NAMES, STEPS, asked, care, episode, rule, tables, told

LEVELS = ("lighter", "stable", "heavier", "residential")
CHANGE = rule(ordered_change={"steps": STEPS, "beyond": ["residential_24h"], "names": dict.fromkeys(LEVELS, NAMES)})
MINUTES = rule(
    minutes_change={
        "kind": "home_care_regular", "yes_from": 30, "leave_out": ["residential_24h"], "name": NAMES, "unit": NAMES
    }
)  # fmt: skip
REGULAR = care("regular", "2023-06-01")


def until(end: str, **more):
    return care("regular", "2023-06-01", end, **more)


@pytest.mark.parametrize(
    "drawn,                                                                            label",
    [
        ([REGULAR],                                                                    [("stable", None)]),
        ([until("2024-02-01"), care("intensive", "2024-02-01")],                       [("heavier", "2024-02-01")]),
        ([until("2024-01-01"), care("intensive", "2024-01-01")],                       [("heavier", "2024-01-01")]),
        ([until("2024-03-30"), care("intensive", "2024-03-30")],                       [("heavier", "2024-03-30")]),
        ([until("2024-03-31"), care("intensive", "2024-03-31")],                       [("stable", None)]),  # day after
        # heavier for a while counts, also when it ends lighter than it began
        ([until("2024-02-01"), care("intensive", "2024-02-01", "2024-02-20"),
          care("light", "2024-02-20")],                                                [("heavier", "2024-02-01")]),
        ([until("2024-02-01"), episode("residential_24h", "2024-02-01")],              [("residential", "2024-02-01")]),
        ([until("2024-02-01"), care("intensive", "2024-02-01", "2024-03-01"),
          episode("residential_24h", "2024-03-01")],                                   [("residential", "2024-03-01")]),
        ([until("2024-02-01"), care("light", "2024-02-01")],                           [("lighter", "2024-02-01")]),
        ([until("2024-02-01")],                                                        [("lighter", "2024-02-01")]),
        ([until("2024-03-30")],                                                        [("lighter", "2024-03-30")]),
        ([until("2024-03-31")],                                                        [("stable", None)]),
        # lighter for a while, then the same again
        ([until("2024-02-01"), care("light", "2024-02-01", "2024-03-01"),
          care("regular", "2024-03-01")],                                              [("stable", None)]),
        # a renewed decision of the same step
        ([until("2024-02-01"), care("regular", "2024-02-01")],                         [("stable", None)]),
        # recorded late or withdrawn
        ([until("2024-02-01"), care("intensive", "2024-02-01", recorded_at="2024-09-01")], [("heavier", "2024-02-01")]),
        ([REGULAR, care("intensive", "2024-02-01", superseded_at="2024-02-05")],       [("stable", None)]),
        # already changed before as_of but not known: neither
        ([until("2023-12-20", end_recorded_at="2024-01-09"),
          care("light", "2023-12-20", recorded_at="2024-01-09")],                      []),
        ([REGULAR, care("intensive", "2023-12-20", recorded_at="2024-01-09")],         []),
        ([REGULAR, episode("residential_24h", "2023-12-20", recorded_at="2024-01-09")], []),
        # no step known at as_of
        ([care("light", "2024-02-01")],                                                []),
        ([until("2023-11-01")],                                                        []),
    ],
)  # fmt: skip
def test_levels(drawn, label):
    assert told(asked(CHANGE, tables(episodes=drawn))) == label


@pytest.mark.parametrize(
    "drawn,                                                                       label",
    [
        ([until("2024-01-20"), care("intensive", "2024-01-20")],                  []),
        ([until("2024-01-20"), care("light", "2024-01-20")],                      []),
        ([until("2024-01-20"), episode("residential_24h", "2024-01-20")],         []),
        ([until("2024-01-31"), care("light", "2024-01-31")],                      [("lighter", "2024-01-31")]),
        ([until("2024-01-31"), care("intensive", "2024-01-31")],                  [("heavier", "2024-01-31")]),
    ],
)  # fmt: skip
def test_a_change_inside_the_gap_is_left_out(drawn, label):
    assert told(asked(CHANGE, tables(episodes=drawn), Window(90, 30))) == label


DIED = {"client_id": "a", "died_on": "2024-02-10", "valid_to": "2024-02-10"}
MOVED = {"client_id": "a", "valid_to": "2024-02-10"}


@pytest.mark.parametrize(
    "person, drawn,                                                              label",
    [
        (DIED,  [until("2024-02-10")],                                           [("stable", None)]),
        (DIED,  [until("2024-02-01"), care("intensive", "2024-02-01", "2024-02-10")], [("heavier", "2024-02-01")]),
        (MOVED, [until("2024-02-10")],                                           []),
        (MOVED, [until("2024-02-01"), care("light", "2024-02-01", "2024-02-10")], []),
        (MOVED, [until("2024-02-01"), episode("residential_24h", "2024-02-01", "2024-02-10")],
         [("residential", "2024-02-01")]),
    ],
)  # fmt: skip
def test_deaths_are_stable_and_moves_left_out(person, drawn, label):
    assert told(asked(CHANGE, tables(episodes=drawn), people=[person])) == label


def test_levels_need_names():
    names = dict.fromkeys(LEVELS[:3], NAMES)
    with pytest.raises(ConfigError, match="`residential` has no name"):
        rule(ordered_change={"steps": STEPS, "beyond": ["residential_24h"], "names": names})


def granted(minutes, start, end=None, **more):
    return care("regular", start, end, minutes, **more)


BASE = granted(200.0, "2023-06-01")


@pytest.mark.parametrize(
    "drawn,                                                               change",
    [
        ([BASE],                                                          [(0.0, "no", None)]),
        ([granted(200.0, "2023-06-01", "2024-02-01"), granted(260.0, "2024-02-01")], [(60.0, "yes", "2024-02-01")]),
        ([granted(200.0, "2023-06-01", "2024-02-01"), granted(230.0, "2024-02-01")], [(30.0, "yes", "2024-02-01")]),
        ([granted(200.0, "2023-06-01", "2024-02-01"), granted(225.0, "2024-02-01")], [(25.0, "no", None)]),
        ([granted(200.0, "2023-06-01", "2024-02-01"), granted(150.0, "2024-02-01")], [(-50.0, "no", None)]),
        ([granted(200.0, "2023-06-01", "2024-02-01")],                    [(-200.0, "no", None)]),  # ended: 0 minutes
        # a second service beside the first one
        ([BASE, granted(45.0, "2024-02-01")],                             [(45.0, "yes", "2024-02-01")]),
        # grown for a while only: the end of the window counts
        ([BASE, granted(90.0, "2024-02-01", "2024-03-01")],               [(0.0, "no", None)]),
        ([granted(200.0, "2023-06-01", "2024-02-01"), episode("residential_24h", "2024-02-01")], []),
        ([granted(200.0, "2023-06-01", "2024-02-01"), granted(None, "2024-02-01")], []),  # not recorded
        ([granted(None, "2023-06-01")],                                   []),
        # changed before as_of, known only afterwards
        ([granted(200.0, "2023-06-01", "2023-12-20", end_recorded_at="2024-01-05"),
          granted(260.0, "2023-12-20", recorded_at="2024-01-05")],        []),
        ([],                                                              []),
    ],
)  # fmt: skip
def test_minutes(drawn, change):
    labels = asked(MINUTES, tables(episodes=drawn))
    assert labels.amount is not None
    found = [(amount, *one) for amount, one in zip(labels.amount.tolist(), told(labels), strict=True)]
    assert found == change


def test_those_who_died_have_no_minutes():
    labels = asked(MINUTES, tables(episodes=[granted(200.0, "2023-06-01", "2024-02-10")]), people=[DIED])
    assert told(labels) == []
    gone = [step for step in labels.attrition if step["rows_before"] != step["rows_after"]]
    assert [step["filter"] for step in gone] == ["alive on the last day of the horizon"]
