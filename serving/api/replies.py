"""The finished HTTP answers: JSON, FHIR JSON, and a refusal in the one shape of an error."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

from configs.errors import LuotainError
from models.answers import Text
from serving.api.questions import Question
from serving.desk.asking import NotAsked
from serving.desk.deciding import NotDecided
from serving.desk.requests import Caller, Desk, Grounds
from serving.engine.clients.posted import PostedRowError
from serving.middleware.context import CALLER, LANGUAGE
from serving.middleware.errors import Fault, fault_of_error, fault_of_status
from serving.middleware.exhausted import is_exhausted
from serving.pages.services import NotAllowed, NotYours, Unavailable
from serving.records.logs import KeyUsed
from serving.refusals import refusal
from serving.settings import Answer

FHIR = "application/fhir+json"
Ask = Callable[[Caller, Grounds], Response]


class FieldRefused(LuotainError):
    """A field whose value the rules of the service refuse."""

    def __init__(self, field: str, text: Text) -> None:
        super().__init__(text["en"])
        self.field, self.text = field, text


Named = (NotAsked, NotDecided, PostedRowError, FieldRefused)
"""Refusals that name a field and are answered 400."""


@dataclass(frozen=True)
class Counter:
    """Where every question of the API arrives: somebody must be signed in, and the grounds must be registered."""

    desk: Desk

    def answered(self, kind: Answer, question: Question, ask: Ask) -> Response:
        """The answer of `ask`, or the refusal it ended in."""
        caller = CALLER.get()
        fault = fault_of_status(401) if caller is None else self._unregistered(kind, question)
        if fault is not None or caller is None:
            return refused(fault or fault_of_status(401))
        try:
            return ask(caller, Grounds(question.decision_point, question.purpose))
        except (NotYours, NotAllowed, Unavailable, *Named) as error:
            return refused(fault_of(error))
        except (OSError, MemoryError, RuntimeError) as error:
            if not is_exhausted(error):
                raise
            return refused(fault_of_status(503, {"retry-after": "5"}))

    def _unregistered(self, kind: Answer, question: Question) -> Fault | None:
        settings = self.desk.settings
        points = [name for name, point in settings.decision_points.items() if kind in point.answers]
        if question.decision_point not in points:
            return unknown("decision_point", points)
        return None if question.purpose in settings.purposes else unknown("purpose", settings.purposes)

    def point(self, grounds: Grounds) -> dict[str, Any]:
        """What the decision point says of itself with every answer."""
        point = self.desk.settings.decision_points[grounds.decision_point]
        return {
            "id": grounds.decision_point,
            "text": (point.text or point.name).text(),
            "horizon_days": point.horizon_days,
            "reasons": point.reasons,
        }


def fault_of(error: Exception) -> Fault:
    """How a refused question is answered."""
    if isinstance(error, Named):
        return Fault(400, "invalid_field", error.text, error.field)
    if isinstance(error, KeyUsed):
        return Fault(409, "conflict", error.text, "Idempotency-Key")
    if isinstance(error, NotYours | NotAllowed | Unavailable):
        return fault_of_error(error)
    raise error


def unknown(field: str, allowed: Iterable[str]) -> Fault:
    """A field that must be one of the allowed."""
    return Fault(400, "invalid_field", refusal("field_not_allowed", field=field, allowed=", ".join(allowed)), field)


def told(values: Mapping[str, Any], media: str = "application/json") -> Response:
    """A JSON answer.  A number that is none has stopped the log entry before, and with it the answer."""
    return Response(to_json(values), media_type=media)


def refused(fault: Fault) -> Response:
    """A refusal; the middleware puts in the request's id."""
    headers = dict(fault.headers or {})
    body = fault.body("", LANGUAGE.get())
    return Response(body, fault.status, headers=headers, media_type="application/json")


def wants_fhir(accept: str) -> bool:
    """True when an Accept header asks for FHIR JSON."""
    return any(part.partition(";")[0].strip().lower() == FHIR for part in accept.split(","))
