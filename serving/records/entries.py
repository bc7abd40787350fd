"""What one log entry says.  Field groups after AI Act Art. 12 and 26, client-data act 703/2023 § 10-11."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from serving.pages.services import Choice
from serving.records.databases.settings import USUAL_MONTHS, RetentionClass, RetentionSettings

Event = Literal[
    "sign_in",
    "sign_out",
    "token",
    "break_glass_started",
    "break_glass_ended",
    "break_glass_reviewed",
    "break_glass_list",
    "client_search",
    "client_list",
    "answer",
    "rows_answer",
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
    "client_file",
    "own_view",
    "alert_decision",
    "letter",
    "review_sample",
    "review",
    "oversight_counts",
    "models",
    "report",
    "decision_log",
    "audit_log",
    "log_statistics",
    "client_log",
    "replay",
    "retention",
    "checkpoint_key",
    "verdicts",
    "live_on",
    "chain_verified",
    "model_stopped",
    "model_lifted",
    "groups",
]
Outcome = Literal["ok", "denied", "error"]
Authority = Literal["session", "access_token", "development_token", "none"]

HELSINKI = ZoneInfo("Europe/Helsinki")
USUAL = RetentionSettings()
PLANNING: frozenset[str] = frozenset(
    {"forecast", "scenario", "scenario_saved", "staffing", "channels", "override", "sheet_forecast", "flow"}
)
OVERSIGHT: frozenset[str] = frozenset(
    {"sign_in", "sign_out", "models", "report", "decision_log", "audit_log", "log_statistics", "retention"}
    | {"replay", "checkpoint_key"}
    | {"verdicts", "live_on", "chain_verified", "model_stopped", "model_lifted", "groups"}
)


@dataclass(frozen=True)
class Actor:
    """Who acted, in what role and unit, and by what authority she was let in."""

    actor_id: str
    role: str
    organisation: str
    unit: str
    authority: Authority
    session: str | None = None
    """A short name of the session, so that acts of one sitting can be told apart; never its token."""
    acting_for: str | None = None
    """The person on whose behalf somebody else acts."""

    def values(self) -> dict[str, Any]:
        """The fields of an entry that say who."""
        return {
            "actor_id": self.actor_id,
            "role": self.role,
            "organisation": self.organisation,
            "unit": self.unit,
            "authority": self.authority,
            "session": self.session,
            "acting_for": self.acting_for,
        }


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
    relationship: str | None = None
    """Which care relationship is the ground: unit and service task."""
    free_ground: str | None = None
    """The person's own words where the rule asks for them (breaking the glass, a log older than two years)."""

    @property
    def retention(self) -> RetentionClass:
        """How long it is kept; what nobody classified is kept as long as client data."""
        if self.client_id is None and self.event in PLANNING:
            return "planning"
        return "oversight" if self.client_id is None and self.event in OVERSIGHT else "client"

    def values(self, event_id: str, at: datetime, keep: RetentionSettings = USUAL) -> dict[str, Any]:
        """The entry as it is chained."""
        return {
            "event_id": event_id,
            "time": utc_text(at),
            "event": self.event,
            "outcome": self.outcome,
            "request_id": self.request_id,
            **self.actor.values(),
            "ground": self.ground,
            "relationship": self.relationship,
            "free_ground": self.free_ground,
            "purpose": self.purpose,
            "decision_point": self.decision_point,
            "client_id": self.client_id,
            "answer_id": self.answer_id,
            "retention": self.retention,
            "keep_until": keep_until(at.date(), getattr(keep, self.retention)).isoformat(),
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
    routing_target: str | None = None
    """Where the professional guided the client: a label, beside what was suggested."""
    urgency: str | None = None
    suggested_targets: tuple[str, ...] = ()
    suggested_urgency: str | None = None
    reason_code: str | None = None
    second_reader: str | None = None
    """Who looked at it besides, where two are asked to."""
    legal_basis: str | None = None
    """The law that the professional named as the ground: recorded only."""

    def values(self, decision_id: str, at: datetime, keep: RetentionSettings = USUAL) -> dict[str, Any]:
        """The entry as it is chained."""
        return {
            "decision_id": decision_id,
            "time": utc_text(at),
            "key": self.key,
            **self.actor.values(),
            "client_id": self.client_id,
            "answer_id": self.answer_id,
            "decision_point": self.decision_point,
            "choice": self.choice,
            "proposed": self.proposed,
            "segment": self.segment,
            "reason": self.reason,
            "reason_code": self.reason_code,
            "second_reader": self.second_reader,
            "seconds_from_view": self.seconds_from_view,
            "model": self.model,
            "routing_target": self.routing_target,
            "urgency": self.urgency,
            "legal_basis": self.legal_basis,
            "suggested_targets": list(self.suggested_targets),
            "suggested_urgency": self.suggested_urgency,
            "retention": "client",
            "keep_until": keep_until(at.date(), keep.client).isoformat(),
        }

    def same_content(self, stored: Mapping[str, Any]) -> bool:
        """True when the stored entry decides the same thing about the same answer."""
        fields = ("client_id", "answer_id", "choice", "segment", "reason", "routing_target", "urgency", "legal_basis")
        return all(stored.get(name) == getattr(self, name) for name in fields)


def utc_text(at: datetime) -> str:
    """A UTC time as ISO text to the millisecond."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local_text(utc: str) -> str:
    """A stored UTC time as wall-clock time in Finland, to the second."""
    return datetime.fromisoformat(utc).astimezone(HELSINKI).replace(tzinfo=None).isoformat(timespec="seconds")


def keep_until(day: date, months: int = USUAL_MONTHS) -> date:
    """The day until which an entry of `day` is kept; the last day of a shorter month stands for a later one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
