"""What a request carries through the service: who asks, on what grounds, and what was worked out before it is shown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from models.answers import NeedAnswer, SegmentAnswer, json_values
from models.explaining.restricted import hide_sensitive
from models.points import with_reasons
from serving.desk.access import Action, User
from serving.pages.services import NotYours, Refused
from serving.records.entries import AuditEvent, Authority, Event
from serving.records.evidence import Answer
from serving.refusals import refusal

ClientAnswer = SegmentAnswer | NeedAnswer
NOT_YOURS = refusal("no_such_client")


@dataclass(frozen=True)
class Caller:
    """Who asks, by what authority, in which request."""

    user: User
    authority: Authority
    request_id: str
    session: str | None = None
    """A short name of the session, where there is one."""


@dataclass(frozen=True)
class Grounds:
    """Where in the process the answer is used, and why the data may be handled."""

    decision_point: str
    purpose: str


@dataclass(frozen=True)
class Asked:
    """Which right a question needs, how it is called in the log, and on what grounds it is asked."""

    action: Action
    event: Event
    grounds: Grounds


@dataclass(frozen=True)
class Shown:
    """Answers whose audit entry is committed."""

    answer_id: str
    answers: tuple[Answer, ...]
    values: tuple[Mapping[str, Any], ...] = ()
    """The same as JSON, where it was written out for the log already; none where it was not."""

    @property
    def as_json(self) -> tuple[tuple[Answer, Mapping[str, Any]], ...]:
        """Each answer with its JSON."""
        values = self.values or tuple(json_values(one) for one in self.answers)
        return tuple(zip(self.answers, values, strict=True))


@dataclass(frozen=True)
class WorkedOut:
    """An answer about a client, or why there is none, with the audit entry that comes before either is shown."""

    event: AuditEvent | None
    answers: tuple[ClientAnswer, ...] = ()
    refused: Refused | None = None
    values: tuple[Mapping[str, Any], ...] = ()

    def told(self) -> Shown:
        """The answers.  Raises why there are none."""
        if self.refused is not None or self.event is None:
            raise self.refused or NotYours(NOT_YOURS)
        return Shown(str(self.event.answer_id), self.answers, self.values)


def as_told(answer: ClientAnswer, sensitivities: Collection[str], most: int) -> ClientAnswer:
    """The answer without the sensitive reasons that the role may not see, and with at most `most` said aloud."""
    if isinstance(answer, SegmentAnswer):  # each kind keeps its own type
        return with_reasons(hide_sensitive(answer, sensitivities), most)
    return with_reasons(hide_sensitive(answer, sensitivities), most)
