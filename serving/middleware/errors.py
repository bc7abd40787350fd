"""The one shape of an error: {"error": {code, message, field, request_id}}, and never a value that was sent."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.answers import Text
from models.texts import LANGUAGES
from serving.pages.services import NotAllowed, NotYours, Unavailable
from serving.refusals import refusal


@dataclass(frozen=True)
class Fault:
    """Why a request is refused: HTTP status, a word for programs, a sentence for people, the field if it is one."""

    status: int
    code: str
    message: Text
    field: str | None = None
    headers: Mapping[str, str] | None = None

    def body(self, request_id: str, language: str) -> bytes:
        """The JSON answer."""
        message = self.message[language]
        said = {"code": self.code, "message": message, "field": self.field, "request_id": request_id}
        return json.dumps({"error": said}, ensure_ascii=False).encode("utf-8")


BY_STATUS: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "unsupported_media_type",
    429: "overloaded",
    431: "headers_too_large",
    503: "unavailable",
    504: "timeout",
}
INTERNAL = "internal_error"
FIELD_FAULTS: Mapping[str, str] = {
    "string_type": "field_not_text",
    "string_pattern_mismatch": "field_wrong_form",
    "string_too_long": "field_too_long",
    "string_too_short": "field_empty",
}
"""Our sentence for what pydantic calls the fault of a field."""
_SAFE_NAME = re.compile(r"[a-z_]{1,40}")


def fault_of_status(status: int, headers: Mapping[str, str] | None = None) -> Fault:
    """The general fault of an HTTP status."""
    code = BY_STATUS.get(status, INTERNAL if status >= 500 else BY_STATUS[400])
    return Fault(status, code, refusal(code), None, headers)


def fault_of_error(error: NotYours | NotAllowed | Unavailable) -> Fault:
    """The fault that a refused request ends in."""
    if isinstance(error, NotYours):
        return Fault(404, "not_found", error.text)
    if isinstance(error, NotAllowed):
        return Fault(403, "forbidden", error.text)
    return Fault(503, "unavailable", error.text, None, {"retry-after": "5"})


def fault_of_answer(status: int, body: bytes) -> Fault:
    """Our own fault again, or what BentoML said in its own shapes, said in ours."""
    try:
        said: Any = json.loads(body)
    except ValueError:
        return fault_of_status(status)
    if isinstance(said, Mapping) and isinstance(said.get("error"), Mapping):
        ours = said["error"]
        return Fault(status, str(ours["code"]), dict.fromkeys(LANGUAGES, str(ours["message"])), ours.get("field"))
    if isinstance(said, Mapping) and isinstance(said.get("detail"), Sequence) and said["detail"]:
        return _fault_of_field(said["detail"][0])
    return fault_of_status(status)


def _fault_of_field(detail: Mapping[str, Any]) -> Fault:
    """The first fault that pydantic found; a name that the caller made up is repeated only when it cannot be data."""
    names = [str(part) for part in detail.get("loc", ())]
    kind = str(detail.get("type"))
    if kind == "extra_forbidden":
        field = ".".join(names) if all(_SAFE_NAME.fullmatch(name) for name in names) else None
        said = refusal("unknown_field", field=field) if field else refusal("unnamed_field")
        return Fault(400, "unknown_field", said, field)
    if not names:
        return Fault(400, "invalid_field", refusal("one_client"))
    field = ".".join(names)
    if kind == "missing":
        return Fault(400, "missing_field", refusal("missing_field", field=field), field)
    limit = re.search(r"\d+", str(detail.get("msg", "")))
    said = refusal(FIELD_FAULTS.get(kind, "invalid_field"), field=field, limit=limit[0] if limit else "?")
    return Fault(400, "invalid_field", said, field)
