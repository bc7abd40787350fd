"""What the pages ask about emergency access ("breaking the glass"), and what they show of it."""

from dataclasses import dataclass
from typing import Literal, Protocol

from serving.pages.services import Role, Visitor

Finding = Literal["justified", "not_justified", "follow_up"]
MINUTES = 60
"""How long one access lasts."""
MIN_REASON, MAX_REASON = 10, 2000
"""Characters of the reason, and of a review's note."""
REVIEW_DAYS = 7
"""Within how many days an auditor looks at it."""


@dataclass(frozen=True)
class EmergencyCase:
    """One emergency access as the auditor reviews it.  Times are Finnish wall-clock texts."""

    emergency_id: str
    started: str
    ended: str | None
    lapsed: bool
    """It ended by itself."""
    actor: str
    role: Role
    unit: str
    reason: str
    review_by: str
    overdue: bool
    finding: str | None = None
    note: str = ""
    reviewed: str | None = None
    reviewer: str = ""


class EmergencyServices(Protocol):
    """Emergency access to another unit's client, and its review."""

    def open(self, visitor: Visitor, client: str, reason: str, key: str) -> str:
        """The handle of the client, once start and reason are logged.  Raises NotAllowed, NotYours."""

    def end(self, visitor: Visitor, handle: str) -> None:
        """End the visitor's own emergency access to this client."""

    def cases(self, visitor: Visitor) -> tuple[EmergencyCase, ...]:
        """Every emergency access, those without a review first."""

    def review(self, visitor: Visitor, emergency_id: str, finding: str, note: str) -> None:
        """Record what the review found.  Raises NotAllowed, NotYours."""
