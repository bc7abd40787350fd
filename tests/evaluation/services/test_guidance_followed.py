"""Guidance by provider and client group, and frequent users' visits around a plan: known by hand."""

import pandas as pd
import pytest

from evaluation.guidance.followed.around_plan import NO_PLAN, PLAN, around_plans, compared_plans
from evaluation.guidance.followed.providers import provider_tables, with_change
from evaluation.guidance.settings import AroundPlan, FrequentUsers
from tests.plans import covers

UNTIL = pd.Timestamp("2024-07-01")
FREQUENT = FrequentUsers(urgency="emergency", visits=2, days=365)
AROUND = AroundPlan(kinds=("client_plan",), days=90)


def spells(*rows: tuple[str, int, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["client_id", "level", "start", "end"])
    return frame.assign(start=pd.to_datetime(frame["start"]), end=pd.to_datetime(frame["end"]))


def test_the_change_of_the_heaviest_service_around_a_guidance() -> None:
    cases = pd.DataFrame({"client_id": list("abcd"), "time": pd.Timestamp("2024-01-10 12:00")})
    found = spells(
        ("a", 1, "2023-12-01", "2023-12-02"),
        ("a", 5, "2024-02-01", "2024-03-01"),
        ("b", 5, "2023-12-01", "2024-01-05"),
        ("b", 1, "2024-02-01", "2024-02-02"),
        ("c", 4, "2023-06-01", "2024-06-01"),  # all the while
        ("d", 6, "2024-01-10", "2024-01-11"),  # the day of the guidance belongs to neither side
    )
    assert with_change(cases, found, 90)["change"].tolist() == [4, -4, 0, 0]


def cases(*parts: tuple[str, str, int, int, int]) -> pd.DataFrame:
    """provider, segment, cases, of them begun after three days in a light class, of these followed by heavier use."""
    rows = [
        {"provider": provider, "segment": segment, "started": 1 if k < began else -1, "heavy": False,
         "days": 3.0 if k < began else float("nan"), "change": 1 if k < up else 0}
        for provider, segment, n, began, up in parts
        for k in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@covers("002-B6")
def test_guidance_is_told_by_provider_and_by_client_group() -> None:
    given = cases(("north", "network", 40, 20, 10), ("north", "community", 30, 15, 10), ("south", "network", 20, 5, 5),
                  ("south", "community", 60, 30, 0))  # fmt: skip
    told = provider_tables(given)
    north, south = told["provider"]
    assert (north["provider"], north["n"], north["started"]["share"], north["median_days"]) == ("north", 70, 0.5, 3.0)
    assert (south["n"], south["within_7_days"]["hits"], south["heavier_after"]["share"]) == (80, 35, 5 / 80)
    assert {line["segment"]: line["n"] for line in told["segment"]} == {"community": 90, "network": 60}
    assert [line["n"] for line in told["both"]] == [30, 40, 60, 20]
    assert north["lighter"]["share"] == 1.0


@covers("002-B6")
def test_P2_a_small_cell_of_a_provider_cannot_be_had_from_the_totals() -> None:
    given = cases(("north", "network", 40, 20, 10), ("north", "community", 30, 3, 3), ("south", "network", 20, 5, 5),
                  ("south", "community", 60, 30, 6))  # fmt: skip
    both = {(line["provider"], line["segment"]): line for line in provider_tables(given)["both"]}
    assert all(
        line["n"] is None and line["started"]["of"] is None for line in both.values()
    )  # no cell of a 2 × 2 stays


def tables(**visits: list[str]) -> dict[str, pd.DataFrame]:
    """Emergency visits of each client; those who are called p have a plan from 1.2.2024."""
    rows = [(client, day) for client, days in visits.items() for day in days]
    contacts = pd.DataFrame(rows, columns=["client_id", "time"]).assign(status="done", urgency="emergency")
    planned = [client for client in visits if client.startswith("p")]
    plans = pd.DataFrame({"client_id": planned, "kind": "client_plan"})
    plans = plans.assign(valid_from=pd.Timestamp("2024-02-01"), valid_to=pd.NaT)
    residents = pd.DataFrame({"client_id": list(visits), "valid_to": pd.NaT, "died_on": pd.NaT})
    return {
        "contacts": contacts.assign(time=pd.to_datetime(contacts["time"])),
        "plans": plans.assign(valid_to=pd.to_datetime(plans["valid_to"])),
        "residents": residents.assign(
            valid_to=pd.to_datetime(residents["valid_to"]), died_on=pd.to_datetime(residents["died_on"])
        ),
    }


@covers("001-E1")
def test_visits_of_frequent_users_before_and_after_a_plan_and_of_those_without_one() -> None:
    given = tables(
        p1=["2023-11-10", "2023-12-10", "2024-01-10", "2024-02-01", "2024-06-01"],  # the plan's own day is after
        p2=["2024-01-20"],  # no frequent user on the plan's day
        q1=["2023-11-01", "2023-11-02", "2024-01-01"],
        q2=["2023-11-01", "2024-05-01"],  # frequent only when it is too late to follow
    )
    found = around_plans(given, FREQUENT, AROUND, 3, UNTIL)
    assert sorted(found.values.tolist()) == [
        ["p1", PLAN, 3, 1],  # 3.11. to 31.1., and 1.2. to 30.4.
        ["q1", NO_PLAN, 2, 1],  # the quarter from 1.1.
    ]


@covers("001-E1")
def test_who_died_before_the_days_were_over_is_not_followed() -> None:
    given = tables(p1=["2023-11-10", "2023-12-10"])
    given["residents"]["died_on"] = pd.Timestamp("2024-04-30")
    assert around_plans(given, FREQUENT, AROUND, 1, UNTIL).empty


def followed(group: str, *counts: tuple[int, int]) -> pd.DataFrame:
    rows = [(f"{group}{k}", group, before, after) for k, (before, after) in enumerate(counts)]
    return pd.DataFrame(rows, columns=["client_id", "group", "before", "after"])


@covers("001-E1")
def test_the_change_is_told_beside_those_without_a_plan_and_few_clients_tell_nothing() -> None:
    planned, others = followed(PLAN, *[(4, 1)] * 10), followed(NO_PLAN, *[(4, 3), (4, 2)] * 5)
    told = compared_plans(pd.concat([planned, others], ignore_index=True))
    assert told["groups"] == {PLAN: {"before": 4.0, "after": 1.0}, NO_PLAN: {"before": 4.0, "after": 2.5}}
    assert told["difference"] == pytest.approx(-1.5)
    assert told["low"] <= -1.5 <= told["high"]
    few = compared_plans(pd.concat([planned[:4], others], ignore_index=True))
    assert (few["clients"], few["groups"], few["difference"]) == ({PLAN: None, NO_PLAN: 10}, None, None)
