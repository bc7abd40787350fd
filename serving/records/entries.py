"""What one log entry says.  Field groups after AI Act Art. 12 and 26, client-data act 703/2023 § 10-11."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from serving.pages.services import Choice

Event = Literal[
    "sign_in",
    "sign_out",
    "client_search",
    "client_list",
    "answer",
    "counterfactual",
    "forecast",
    "scenario",
    "scenario_saved",
    "scenario_removed",
    "staffing",
    "channels",
    "override",
    "sheet_forecast",
    "flow",
    "decision",
    "receipt",
    "models",
    "report",
    "decision_log",
    "audit_log",
]
Outcome = Literal["ok", "denied", "error"]
Authority = Literal["session", "development_token", "none"]

HELSINKI = ZoneInfo("Europe/Helsinki")
KEEP_YEARS = 12
"""How long client-data logs are usually kept in Finland (years); the county confirms it for its own archive plan."""


@dataclass(frozen=True)
class Actor:
    """Who acted, in what role and unit, and by what authority she was let in."""

    actor_id: str
    role: str
    organisation: str
    unit: str
    authority: Authority


@dataclass(frozen=True)
class AuditEvent:
    """One access or act.  `detail` holds what the model said and from what, never a name or a henkilötunnus."""

    event: Event
    outcome: Outcome
    actor: Actor
    request_id: str
    ground: str
    purpose: str | None = None
    decision_point: str | None = None
    client_id: str | None = None
    answer_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def values(self, event_id: str, at: datetime) -> dict[str, Any]:
        """The entry as it is chained."""
        return {
            "event_id": event_id,
            "time": utc_text(at),
            "event": self.event,
            "outcome": self.outcome,
            "request_id": self.request_id,
            "actor_id": self.actor.actor_id,
            "role": self.actor.role,
            "organisation": self.actor.organisation,
            "unit": self.actor.unit,
            "authority": self.actor.authority,
            "ground": self.ground,
            "purpose": self.purpose,
            "decision_point": self.decision_point,
            "client_id": self.client_id,
            "answer_id": self.answer_id,
            "keep_until": keep_until(at.date()).isoformat(),
            "detail": dict(self.detail),
        }


@dataclass(frozen=True)
class DecisionEntry:
    """What the professional decided about one shown answer.  `key` makes the same act sent twice one entry."""

    key: str
    actor: Actor
    client_id: str
    answer_id: str
    decision_point: str
    choice: Choice
    proposed: str | None
    segment: str | None
    reason: str
    seconds_from_view: float | None
    model: str

    def values(self, decision_id: str, at: datetime) -> dict[str, Any]:
        """The entry as it is chained."""
        return {
            "decision_id": decision_id,
            "time": utc_text(at),
            "key": self.key,
            "actor_id": self.actor.actor_id,
            "role": self.actor.role,
            "organisation": self.actor.organisation,
            "unit": self.actor.unit,
            "client_id": self.client_id,
            "answer_id": self.answer_id,
            "decision_point": self.decision_point,
            "choice": self.choice,
            "proposed": self.proposed,
            "segment": self.segment,
            "reason": self.reason,
            "seconds_from_view": self.seconds_from_view,
            "model": self.model,
            "keep_until": keep_until(at.date()).isoformat(),
        }

    def same_content(self, stored: Mapping[str, Any]) -> bool:
        """True when the stored entry decides the same thing about the same answer."""
        fields = ("client_id", "answer_id", "choice", "segment", "reason")
        return all(stored[name] == getattr(self, name) for name in fields)


def utc_text(at: datetime) -> str:
    """A UTC time as ISO text to the millisecond."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local_text(utc: str) -> str:
    """A stored UTC time as wall-clock time in Finland, to the second."""
    return datetime.fromisoformat(utc).astimezone(HELSINKI).replace(tzinfo=None).isoformat(timespec="seconds")


def keep_until(day: date) -> date:
    """The day until which an entry of `day` is kept."""
    year = day.year + KEEP_YEARS
    return date(year, 2, 28) if (day.month, day.day) == (2, 29) else day.replace(year=year)
