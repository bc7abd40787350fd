"""What the auditor is told of the use of the service; small counts of clients stay hidden."""

import pytest

from serving.records.statistics import AccessStatistics, access_statistics

WEDNESDAY, NIGHT, SATURDAY = "2026-11-18T10:00:00.000Z", "2026-11-18T22:30:00.000Z", "2026-11-21T10:00:00.000Z"


def entry(actor="k", unit="west", client=None, time=WEDNESDAY, outcome="ok", ground="care_relationship", **more):
    base = {"event": "answer", "role": "coordinator", "detail": {}}
    said = {"actor_id": actor, "unit": unit, "client_id": client, "time": time, "outcome": outcome, "ground": ground}
    return {**base, **said, **more}


def opened(actor, unit, *clients):
    return [entry(actor, unit, client) for client in clients]


def of_units(found: AccessStatistics):
    return {one.unit: (one.events, one.denied, one.actors, one.clients) for one in found.by_unit}


def test_events_and_refusals_are_counted_by_what_why_who_and_when():
    found = access_statistics(
        [
            entry(client="a"),
            entry(event="client_search", time="2026-10-01T10:00:00.000Z"),
            entry(client="b", outcome="denied", ground="no_care_relationship"),
            entry(outcome="denied", ground="role_without_right", role="planner", event="forecast"),
            entry(outcome="error"),
            entry(client="c", ground="break_glass"),
        ]
    )
    assert (found.events, found.denied, found.errors, found.break_glass) == (6, 2, 1, 1)
    assert found.by_event == {"answer": 4, "client_search": 1, "forecast": 1}
    assert found.denied_by_ground == {"no_care_relationship": 1, "role_without_right": 1}
    assert found.denied_by_role == {"coordinator": 1, "planner": 1}
    assert found.by_month == (("2026-10", 1, 0), ("2026-11", 5, 2))


def test_fewer_than_five_clients_of_a_unit_are_hidden_and_cannot_be_subtracted():
    found = access_statistics(
        [*opened("k", "west", *"abcdefgh"), *opened("m", "east", *"abc"), *opened("n", "north", *"abcdef")]
    )
    assert of_units(found) == {"west": (8, 0, 1, 8), "east": (3, 0, 1, None), "north": (6, 0, 1, None)}


def test_a_list_shows_every_client_on_it_and_a_refusal_shows_none():
    listed = entry(detail={"clients": list("abcde")})
    found = access_statistics([listed, entry(client="f", outcome="denied"), entry(client="a")])
    assert of_units(found) == {"west": (3, 1, 1, 5)}


@pytest.mark.parametrize("time, counted", [(WEDNESDAY, 0), (NIGHT, 1), (SATURDAY, 1)])
def test_clients_opened_at_night_or_at_a_weekend_are_counted(time, counted):
    assert access_statistics([entry(client="a", time=time), entry(time=time)]).out_of_hours == counted


def test_somebody_who_opens_many_more_clients_than_her_colleagues_stands_out():
    usual = [one for actor in "kmn" for one in opened(actor, "west", "a", "b")]
    (one,) = access_statistics([*usual, *opened("snoop", "west", *"abcdefghij")]).wide
    assert (one.actor_id, one.clients, one.usual) == ("snoop", 10, 2.0)
    assert access_statistics(usual).wide == ()


def test_an_empty_log_has_statistics_too():
    found = access_statistics([])
    assert (found.events, found.by_unit, found.wide, found.by_month) == (0, (), (), ())


def test_a_clock_that_jumped_is_counted():
    assert access_statistics([entry(), entry(clock_jump_seconds=3600.0)]).clock_jumps == 1
