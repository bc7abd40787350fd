"""Counts, days, months and breadth: what fulfils them, and on which day."""

import pytest

from configs.errors import ConfigError
from features.outcomes import Window
from tests.features.outcomes.drawn import asked, contacts, rule, tables, told
from tests.plans import covers

NO = [("no", None)]


def emergencies(n: int, **more):
    return rule(count_at_least={"filter": {"urgency": "emergency"}, "n": n, **more})


@pytest.mark.parametrize(
    "days,                                              label",
    [
        (["2023-12-31", "2024-01-05"],                  NO),                       # the day before as_of is past
        (["2024-01-01", "2024-01-05"],                  [("yes", "2024-01-05")]),  # on as_of: the first day
        (["2024-01-05", "2024-03-30"],                  [("yes", "2024-03-30")]),  # day 90: the last one
        (["2024-01-05", "2024-03-31"],                  NO),                       # the first day after
        (["2024-02-01", "2024-02-01"],                  [("yes", "2024-02-01")]),  # twice on one day
        (["2024-02-03", "2024-01-09", "2024-02-02"],    [("yes", "2024-02-02")]),  # the second completes it
        (["2024-01-05"],                                NO),
        ([],                                            NO),
    ],
)  # fmt: skip
def test_two_events_inside_the_window(days, label):
    assert told(asked(emergencies(2), tables(contacts=contacts(*days, urgency="emergency")))) == label


@pytest.mark.parametrize(
    "row,                                                                  label",
    [
        ({"recorded_at": "2024-08-01"},                                    [("yes", "2024-02-01")]),  # recorded late
        ({"recorded_at": "2024-02-01", "superseded_at": "2024-02-09"},     NO),                       # withdrawn
        ({"status": "no_show"},                                            NO),
        ({"urgency": "urgent"},                                            NO),
        ({"client_id": "b"},                                               NO),
    ],
)  # fmt: skip
def test_which_rows_count(row, label):
    drawn = [{**contacts("2024-02-01", urgency="emergency")[0], **row}]
    assert told(asked(emergencies(1), tables(contacts=drawn))) == label


@pytest.mark.parametrize(
    "days,                                              label",
    [
        (["2024-01-02", "2024-01-05", "2024-01-31"],    [("yes", "2024-01-31")]),  # 30 days, both ends counted
        (["2024-01-02", "2024-01-05", "2024-02-01"],    NO),                       # 31 days
        (["2024-01-02", "2024-02-20", "2024-02-21", "2024-03-01", "2024-03-02"], [("yes", "2024-03-01")]),
        (["2023-12-30", "2024-01-02", "2024-01-05"],    NO),                       # the run may not begin before as_of
    ],
)  # fmt: skip
def test_three_inside_a_run_of_thirty_days(days, label):
    held = tables(contacts=contacts(*days, urgency="emergency"))
    assert told(asked(emergencies(3, days=30), held)) == label


@covers("000-18")
def test_days_and_months_are_counted_once():
    held = tables(contacts=contacts("2024-01-05", "2024-01-05", "2024-01-20", "2024-02-01", urgency="emergency"))
    assert told(asked(emergencies(2, unit="days"), held)) == [("yes", "2024-01-20")]
    assert told(asked(emergencies(2, unit="months"), held)) == [("yes", "2024-02-01")]
    assert told(asked(emergencies(3, unit="months"), held)) == NO
    assert told(asked(emergencies(4, unit="days"), held)) == NO


DOUBLED = {"value": "service", "n": 1, "sides": {"x": {"a": ["s"], "b": ["s"]}}}
BREADTH = {
    "value": "service",
    "sides": {
        "health": {"clinic": ["gp_visit", "nurse_visit"], "mental": ["mental_health"]},
        "social": {"work": ["adult_social_work"], "home": ["home_care"]},
    },
    "n": 3,
    "across": ["health", "social"],
}


@covers("000-16", "002-B5")
@pytest.mark.parametrize(
    "services,                                                           label",
    [
        (["gp_visit", "mental_health", "home_care"],                     [("yes", "2024-02-03")]),
        (["gp_visit", "nurse_visit", "home_care"],                       NO),  # two services of one group
        (["gp_visit", "gp_visit", "gp_visit"],                           NO),  # volume is not breadth
        (["gp_visit", "oral_health", "home_care"],                       NO),  # in no group
        (["home_care", "adult_social_work", "mental_health"],            [("yes", "2024-02-03")]),
    ],
)  # fmt: skip
def test_groups_across_two_sides(services, label):
    drawn = [contacts(f"2024-02-0{day}", service=one)[0] for day, one in enumerate(services, start=1)]
    assert told(asked(rule(distinct_at_least=BREADTH), tables(contacts=drawn))) == label


@covers("002-B5")
def test_one_side_alone_is_not_across():
    sides = {"health": {"a": ["s1"], "b": ["s2"]}, "social": {"c": ["s3"]}}
    asked_rule = rule(distinct_at_least={**BREADTH, "sides": sides, "n": 2})
    drawn = [contacts(f"2024-02-0{day}", service=one)[0] for day, one in enumerate(["s1", "s2", "s2", "s3"], start=1)]
    assert told(asked(asked_rule, tables(contacts=drawn[:3]))) == NO
    assert told(asked(asked_rule, tables(contacts=drawn))) == [("yes", "2024-02-04")]


def test_breadth_inside_a_run_of_days():
    drawn = [
        contacts(day, service=one)[0]
        for day, one in [("2024-01-02", "gp_visit"), ("2024-01-20", "mental_health"), ("2024-02-05", "home_care"),
                         ("2024-02-10", "gp_visit")]
    ]  # fmt: skip
    within = {**BREADTH, "days": 30}
    assert told(asked(rule(distinct_at_least=within), tables(contacts=drawn))) == [("yes", "2024-02-10")]
    assert told(asked(rule(distinct_at_least=within), tables(contacts=drawn[:3]))) == NO


@pytest.mark.parametrize(
    "join,   days,                             label",
    [
        ("any_of", ["2024-02-01", None],       [("yes", "2024-02-01")]),
        ("any_of", ["2024-02-09", "2024-02-01"], [("yes", "2024-02-01")]),
        ("all_of", ["2024-02-01", None],       NO),
        ("all_of", ["2024-02-01", "2024-02-09"], [("yes", "2024-02-09")]),
    ],
)  # fmt: skip
def test_joined_rules(join, days, label):
    parts = [{"count_at_least": {"filter": {"service": one}, "n": 1}} for one in ("s1", "s2")]
    drawn = [contacts(day, service=one)[0] for day, one in zip(days, ("s1", "s2"), strict=True) if day]
    assert told(asked(rule(**{join: parts}), tables(contacts=drawn))) == label


def test_an_outcome_inside_the_gap_is_left_out_and_does_not_count():
    gap = Window(90, 30)
    both_in_gap = tables(contacts=contacts("2024-01-02", "2024-01-30", urgency="emergency"))
    one_in_gap = tables(contacts=contacts("2024-01-30", "2024-01-31", urgency="emergency"))
    after = tables(contacts=contacts("2024-01-31", "2024-04-29", urgency="emergency"))
    assert told(asked(emergencies(2), both_in_gap, gap)) == []
    assert told(asked(emergencies(2), one_in_gap, gap)) == NO
    assert told(asked(emergencies(2), after, gap)) == [("yes", "2024-04-29")]


@pytest.mark.parametrize(
    "sections, message",
    [
        ({}, "give either one of"),
        ({"episode_start": ["w"], "count_at_least": {"n": 1}}, "found `episode_start` and `count_at_least`"),
        ({"count_at_least": {"n": 0}}, "greater than or equal to 1"),
        ({"count_at_least": {"n": 1, "filter": {"servce": "x"}}}, "Did you mean `service`"),
        ({"count_at_least": {"n": 1, "filter": {"urgency": "emergncy"}}}, "Did you mean `emergency`"),
        ({"count_at_least": {"n": 1, "table": "contact"}}, "Did you mean `contacts`"),
        ({"count_at_least": {"n": 9, "days": 5, "unit": "days"}}, "5 days cannot hold 9 different days"),
        ({"distinct_at_least": {**BREADTH, "n": 5}}, "`n` is 5 but there are 4 groups"),
        ({"distinct_at_least": {**BREADTH, "across": ["helth"]}}, "Did you mean `health`"),
        ({"distinct_at_least": {**BREADTH, "value": "minutes"}}, "text column of contacts"),
        ({"distinct_at_least": DOUBLED}, "the code `s` stands in two groups"),
        ({"count_at_least": {"n": 1}, "new_only": True}, "`new_only` belongs to `episode_start`"),
        ({"episode_start": ["w"], "new_only": True, "repeatable": True}, "write one of them"),
        ({"episode_end": {"within_days": 5, "then_starts": ["w"]}}, "name what ends"),
        ({"episode_end": {"within_days": 5, "kinds": ["w"]}}, "name what starts then"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_one_clear_sentence(sections, message):
    with pytest.raises(ConfigError, match=message) as fault:
        rule(**sections)
    assert str(fault.value).startswith("need.yaml: ")
