"""Who may do what: the rule drawn as a table, and the rule against every cell of roles, units and tasks."""

import itertools
from datetime import date
from typing import get_args

import pytest

from serving.desk.access import CLIENT_ACTIONS, RIGHTS, Action, ClientTies, Tie, User, Verdict, may
from serving.pages.services import Role

AT = date(2025, 1, 1)
CLIENT = "0" * 31 + "1"


def user(role="coordinator", unit="keski", tasks=("older_people",)):
    return User("somebody", "Somebody", role, unit, {"fi": unit, "sv": unit, "en": unit}, tasks)


def tied(unit="keski", task="older_people", start="2024-06-01", end=None):
    tie = Tie(unit, task, date.fromisoformat(start), date.fromisoformat(end) if end else None)
    return ClientTies(CLIENT, (tie,))


@pytest.mark.parametrize(
    "role,            action,           allowed",
    [
        ("coordinator", "search_client", True),
        ("coordinator", "list_clients", True),
        ("coordinator", "see_forecast", False),
        ("coordinator", "see_audit_log", False),
        ("planner", "see_forecast", True),
        ("planner", "list_clients", False),
        ("planner", "search_client", False),
        ("auditor", "see_audit_log", True),
        ("auditor", "see_decisions", True),
        ("auditor", "see_models", True),
        ("auditor", "list_clients", False),
        ("data_scientist", "see_models", True),
        ("data_scientist", "see_decisions", False),
        ("manager", "see_forecast", True),
        ("admin", "see_metrics", True),
        ("admin", "list_clients", False),
    ],
)
def test_A17_rights_of_a_role(role, action, allowed):
    assert may(user(role), action, None, AT).allowed is allowed


@pytest.mark.parametrize(
    "client,                                        verdict",
    [
        (tied(), Verdict(True, "care_relationship")),
        (tied(unit="lansi"), Verdict(False, "no_care_relationship")),
        (tied(task="disability"), Verdict(False, "no_care_relationship")),
        (tied(task=None), Verdict(False, "no_care_relationship")),
        (tied(start="2025-01-01"), Verdict(True, "care_relationship")),  # the first day counts
        (tied(start="2025-01-02"), Verdict(False, "no_care_relationship")),  # not yet
        (tied(end="2025-01-02"), Verdict(True, "care_relationship")),  # the last day
        (tied(end="2025-01-01"), Verdict(False, "no_care_relationship")),  # ended
        (ClientTies(CLIENT, ()), Verdict(False, "no_care_relationship")),
        (None, Verdict(False, "no_such_client")),
    ],
)
def test_A18_a_client_needs_a_care_relationship_of_the_own_unit(client, verdict):
    assert may(user(), "see_answer", client, AT) == verdict
    assert may(user(), "decide", client, AT) == verdict


def test_A32_auditor_and_data_scientist_never_open_a_client_page():
    for role in ("auditor", "data_scientist", "planner", "manager", "admin"):
        assert may(user(role), "see_answer", tied(), AT) == Verdict(False, "role_without_right")


def test_A33_an_unknown_role_has_no_right():
    stranger = user("somebody_else")  # as when a role was renamed and a user was not
    assert not any(may(stranger, action, tied(), AT).allowed for action in get_args(Action))


def test_another_units_client_and_no_client_are_told_alike():
    assert may(user(), "see_answer", tied(unit="lansi"), AT).is_hidden
    assert may(user(), "see_answer", None, AT).is_hidden
    assert not may(user("planner"), "see_answer", tied(), AT).is_hidden


def test_every_cell_of_role_unit_task_and_relationship():
    units, tasks = ("lansi", "keski", "ita"), ("older_people", "disability")
    cells = itertools.product(get_args(Role), units, tasks, units, tasks)
    allowed = [
        (role, own_unit, own_task)
        for role, own_unit, own_task, unit, task in cells
        if may(user(role, own_unit, (own_task,)), "see_answer", tied(unit, task), AT).allowed
    ]
    assert allowed == [("coordinator", unit, task) for unit in units for task in tasks]


def test_every_action_belongs_to_some_role_and_every_role_has_rights():
    assert set().union(*RIGHTS.values()) == set(get_args(Action))
    assert set(RIGHTS) == set(get_args(Role))
    assert set(get_args(Action)) >= CLIENT_ACTIONS
