"""Emergency access in the log: each act (started, ended, reviewed) is one chained row, nothing is ever changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from serving.desk.access import Emergency
from serving.records.entries import Actor, AuditEvent, keep_until
from serving.records.logs import Records
from serving.records.schema import EMERGENCY_LOG

Act = Literal["started", "ended", "reviewed"]
Values = Mapping[str, Any]


@dataclass(frozen=True)
class EmergencyAct:
    """One act.  `detail` holds its own fields: the reason and the end, why it ended, or the finding and its note."""

    act: Act
    emergency_id: str
    client_id: str
    actor: Actor
    at: datetime
    detail: Mapping[str, Any]
    key: str = ""
    """A form's key; without one the act itself happens once."""

    def values(self) -> dict[str, Any]:
        """The row as it is chained."""
        return {
            "key": self.key or f"{self.emergency_id}:{self.act}",
            "actor_id": self.actor.actor_id,
            "role": self.actor.role,
            "organisation": self.actor.organisation,
            "unit": self.actor.unit,
            "emergency_id": self.emergency_id,
            "act": self.act,
            "client_id": self.client_id,
            "at": self.at.isoformat(),
            "keep_until": keep_until(self.at.date()).isoformat(),
            "detail": dict(self.detail),
        }


@dataclass(frozen=True)
class EmergencyStory:
    """Everything that is recorded about one emergency access."""

    started: Values
    ended: Values | None
    reviewed: Values | None

    @property
    def emergency(self) -> Emergency:
        """As the access rule sees it."""
        return Emergency(
            emergency_id=self.started["emergency_id"],
            user_id=self.started["actor_id"],
            client_id=self.started["client_id"],
            started=datetime.fromisoformat(self.started["at"]),
            until=datetime.fromisoformat(self.started["detail"]["until"]),
            ended=datetime.fromisoformat(self.ended["at"]) if self.ended else None,
        )


def record(records: Records, act: EmergencyAct, event: AuditEvent) -> Values:
    """Keep the act and its audit entry together; the stored row, also when it was there already."""
    (stored,) = records.keep(EMERGENCY_LOG, [act.values()], event)
    return stored


def live_emergency(records: Records, user_id: str, client_id: str) -> Emergency | None:
    """The emergency access that this person has to this client now."""
    now = records.now()
    own = stories(records.kept(EMERGENCY_LOG, actor_id=user_id, client_id=client_id))
    return next((one.emergency for one in own if one.emergency.covers(user_id, client_id, now)), None)


def every_story(records: Records) -> tuple[EmergencyStory, ...]:
    """All of them, in the order in which they started."""
    return stories(records.kept(EMERGENCY_LOG))


def stories(rows: Iterable[Values]) -> tuple[EmergencyStory, ...]:
    """Rows put together by emergency."""
    acts: dict[str, dict[str, Values]] = {}
    for row in rows:
        acts.setdefault(row["emergency_id"], {}).setdefault(row["act"], row)
    return tuple(
        EmergencyStory(found["started"], found.get("ended"), found.get("reviewed"))
        for found in acts.values()
        if "started" in found
    )
