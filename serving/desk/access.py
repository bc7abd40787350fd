"""Who may do what: one pure function over role, unit, service task and care relationship.  Deny by default."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from serving.pages.services import Role

Action = Literal[
    "search_client",
    "list_clients",
    "see_answer",
    "assess_rows",
    "decide",
    "review_sample",
    "see_review_counts",
    "see_forecast",
    "see_flow",
    "plan",
    "see_models",
    "see_decisions",
    "see_audit_log",
    "see_metrics",
    "break_glass",
    "review_break_glass",
    "disclose_log",
    "stop_model",
    "see_groups",
]

EMERGENCY_ACTIONS: frozenset[Action] = frozenset({"see_answer"})
"""What an emergency opens: reading.  A decision about another unit's client stays with that unit."""

CLIENT_ACTIONS: frozenset[Action] = frozenset({"see_answer", "decide"})
"""Actions about one client: besides the role they need a care relationship of the user's own unit."""

RIGHTS: Mapping[Role, frozenset[Action]] = {
    "coordinator": frozenset(
        {
            "search_client",
            "list_clients",
            "see_answer",
            "assess_rows",
            "decide",
            "break_glass",
            "review_sample",
            "see_review_counts",
        }
    ),
    "planner": frozenset({"see_forecast", "see_flow", "plan"}),
    "manager": frozenset({"see_forecast", "see_flow", "see_groups"}),
    "data_scientist": frozenset({"see_models"}),
    "auditor": frozenset(
        {
            "see_models",
            "see_decisions",
            "see_audit_log",
            "review_break_glass",
            "see_review_counts",
            "disclose_log",
        }
    ),
    "admin": frozenset({"see_models", "see_metrics", "stop_model"}),
}


@dataclass(frozen=True)
class User:
    """Who asks.  Role, unit and service tasks come from the settings, or from the identity provider's claims as the
    settings read them, five minutes old at most."""

    user_id: str
    name: str
    role: Role
    unit: str
    unit_name: Mapping[str, str]
    service_tasks: tuple[str, ...]


@dataclass(frozen=True)
class Tie:
    """A care relationship between a client and a unit in one service task: [valid_from, valid_to)."""

    unit: str
    service_task: str | None
    valid_from: date
    valid_to: date | None = None

    def holds_at(self, at: date) -> bool:
        """True from the first day until the day before `valid_to`."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True)
class ClientTies:
    """A client as the access rule sees her: her care relationships."""

    client_id: str
    ties: tuple[Tie, ...]


@dataclass(frozen=True)
class Emergency:
    """One person's emergency access to one client: [started, until), or until it was ended.  Times are UTC."""

    emergency_id: str
    user_id: str
    client_id: str
    started: datetime
    until: datetime
    ended: datetime | None = None

    def covers(self, user_id: str, client_id: str, now: datetime) -> bool:
        """True for this person, this client and this moment."""
        open_now = self.started <= now < self.until and (self.ended is None or now < self.ended)
        return open_now and (self.user_id, self.client_id) == (user_id, client_id)


@dataclass(frozen=True)
class Verdict:
    """May it be done, and on what ground; the ground goes into the audit log either way."""

    allowed: bool
    ground: str

    @property
    def is_hidden(self) -> bool:
        """True when even the existence of the client must not be told: the answer is the identical 404."""
        return self.ground in ("no_such_client", "no_care_relationship")


def may(
    user: User,
    action: Action,
    client: ClientTies | None,
    at: date,
    emergency: Emergency | None = None,
    now: datetime | None = None,
) -> Verdict:
    """May `user` do `action` on day `at`?  `client` is None when there is none such or the action concerns none.

    `emergency` is the access that the user opened for this client, judged at the moment `now` (UTC); it counts only
    where there is no care relationship, only for reading, and only for a role that may open one.
    """
    if action not in RIGHTS.get(user.role, frozenset()):
        return Verdict(False, "role_without_right")
    if action not in CLIENT_ACTIONS:
        return Verdict(True, "role")
    if client is None:
        return Verdict(False, "no_such_client")
    if any(_is_ground(tie, user, at) for tie in client.ties):
        return Verdict(True, "care_relationship")
    if emergency is not None and now is not None and _opens(emergency, user, action, client, now):
        return Verdict(True, "emergency")
    return Verdict(False, "no_care_relationship")


def _opens(emergency: Emergency, user: User, action: Action, client: ClientTies, now: datetime) -> bool:
    may_open = "break_glass" in RIGHTS.get(user.role, frozenset())
    return may_open and action in EMERGENCY_ACTIONS and emergency.covers(user.user_id, client.client_id, now)


def _is_ground(tie: Tie, user: User, at: date) -> bool:
    """A tie of the user's own unit, in a service task that the user works in, valid on the day."""
    own_task = tie.service_task is not None and tie.service_task in user.service_tasks
    return tie.unit == user.unit and own_task and tie.holds_at(at)
