"""The usability of the proposals by unit, counted by hand; few clients are never told."""

import pytest

from serving.oversight.usability import usability
from tests.plans import covers


def listed(unit: str, *clients: str, segment: str = "network") -> dict:
    detail = {"proposed": dict.fromkeys(clients, segment)}
    return {"event": "client_list", "outcome": "ok", "unit": unit, "client_id": None, "detail": detail}


def opened(unit: str, client: str, status: str = "answered", outcome: str = "ok") -> dict:
    answers = [{"kind": "need"}, {"kind": "segment", "status": status}]
    return {"event": "answer", "outcome": outcome, "unit": unit, "client_id": client, "detail": {"answers": answers}}


def decided(unit: str, client: str, choice: str, seconds: float | None = None) -> dict:
    return {"unit": unit, "client_id": client, "choice": choice, "seconds_from_view": seconds}


def names(prefix: str, n: int) -> list[str]:
    return [f"{prefix}{k}" for k in range(n)]


@covers("002-B3")
def test_the_share_opened_and_the_time_to_a_decision_are_told_by_unit() -> None:
    west, east = names("w", 40), names("e", 20)
    entries = [
        listed("west", *west),
        listed("west", *west[:5]),
        listed("east", *east),
        listed("west", "x", segment="ask_first"),
    ]
    entries += [opened("west", one) for one in west[:30]] + [opened("west", west[0])]
    entries += [opened("east", one, "not_assessable") for one in east[:10]] + [opened("east", "e15", outcome="denied")]
    made = [decided("west", one, "accept", 60.0 + k) for k, one in enumerate(west[:15])]
    made += [decided("west", west[0], "change", 900.0)]  # the last word counts, the first time
    made += [decided("west", one, "change") for one in west[15:20]]
    made += [decided("east", one, "accept", 10.0) for one in east[:5]] + [decided("east", "e19", "accept", 5.0)]
    told = {line["unit"]: line for line in usability(entries, made)}
    assert told["west"] == {
        "unit": "west", "listed_clients": 40, "opened_clients": 30, "opened": 0.75, "decided": pytest.approx(20 / 30),
        "accepted": 0.7, "overridden": 0.3, "not_enough_data": 0.0, "median_seconds": 67.0,
    }  # fmt: skip
    assert (told["east"]["opened"], told["east"]["decided"]) == (0.5, 0.5)
    assert (told["east"]["not_enough_data"], told["east"]["median_seconds"]) == (1.0, 10.0)


@covers("002-B3")
def test_P2_a_few_clients_of_a_unit_cannot_be_had_from_the_others() -> None:
    west, east, north = names("w", 30), names("e", 20), names("n", 20)
    entries = [listed("west", *west), listed("east", *east), listed("north", *north)]
    entries += [opened("west", one) for one in west[:10]] + [opened("east", one) for one in east[:2]]
    entries += [opened("north", one) for one in north[:12]]
    told = {
        line["unit"]: line for line in usability(entries, [decided("west", one, "accept", 9.0) for one in west[:4]])
    }
    assert told["east"]["opened"] is None
    assert told["west"]["opened"] is None  # the county's number less the others would give the two
    assert told["north"]["opened"] == 0.6
    assert told["west"]["decided"] is None
    assert told["west"]["median_seconds"] is None
