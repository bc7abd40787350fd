"""The one shape of an error: {"error": {code, message, field, request_id}}, and never a value that was sent."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from serving.pages.services import NotAllowed, NotYours, Unavailable


@dataclass(frozen=True)
class Fault:
    """Why a request is refused: HTTP status, a word for programs, a sentence for people, the field if it is one."""

    status: int
    code: str
    message: str
    field: str | None = None
    headers: Mapping[str, str] | None = None

    def body(self, request_id: str) -> bytes:
        """The JSON answer."""
        said = {"code": self.code, "message": self.message, "field": self.field, "request_id": request_id}
        return json.dumps({"error": said}).encode("utf-8")


BY_STATUS: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The request cannot be understood. Compare it with the API's description."),
    401: ("unauthenticated", "Nobody is signed in. Send `Authorization: Bearer <token>`."),
    403: ("forbidden", "Your role has no right to this."),
    404: ("not_found", "There is no such thing here. Check the address."),
    405: ("method_not_allowed", "This address takes another HTTP method. /v1 addresses take POST."),
    408: ("too_slow", "The request body did not arrive in time. Send it again."),
    413: ("too_large", "The request body is too large. Send a smaller one."),
    415: ("unsupported_media_type", "Only JSON is taken here. Send `Content-Type: application/json`."),
    429: ("overloaded", "Too many requests are in progress. Try again in a moment."),
    503: ("unavailable", "The service cannot answer everything yet: registers or a live model are missing."),
    504: ("timeout", "The answer took too long. Try again in a moment."),
}
INTERNAL = ("internal_error", "The service failed. Tell the administrator the request id.")
_SAFE_NAME = re.compile(r"[a-z_]{1,40}")


def fault_of_status(status: int, headers: Mapping[str, str] | None = None) -> Fault:
    """The general fault of an HTTP status."""
    code, message = BY_STATUS.get(status, INTERNAL if status >= 500 else BY_STATUS[400])
    return Fault(status, code, message, None, headers)


def fault_of_error(error: NotYours | NotAllowed | Unavailable) -> Fault:
    """The fault that a refused request ends in."""
    if isinstance(error, NotYours):
        return Fault(404, "not_found", str(error))
    if isinstance(error, NotAllowed):
        return Fault(403, "forbidden", str(error))
    return Fault(503, "unavailable", str(error), None, {"retry-after": "5"})


def fault_of_answer(status: int, body: bytes) -> Fault:
    """Our own fault again, or what BentoML said in its own shapes, said in ours."""
    try:
        said: Any = json.loads(body)
    except ValueError:
        return fault_of_status(status)
    if isinstance(said, Mapping) and isinstance(said.get("error"), Mapping):
        ours = said["error"]
        return Fault(status, str(ours["code"]), str(ours["message"]), ours.get("field"))
    if isinstance(said, Mapping) and isinstance(said.get("detail"), Sequence) and said["detail"]:
        return _fault_of_field(said["detail"][0])
    return fault_of_status(status)


def _fault_of_field(detail: Mapping[str, Any]) -> Fault:
    """The first fault that pydantic found; a name that the caller made up is repeated only when it cannot be data."""
    names = [str(part) for part in detail.get("loc", ())]
    kind = str(detail.get("type"))
    if kind == "extra_forbidden":
        field = ".".join(names) if all(_SAFE_NAME.fullmatch(name) for name in names) else None
        shown = f" `{field}`" if field else ""
        return Fault(400, "unknown_field", f"The field{shown} is not known. Remove it.", field)
    field = ".".join(names) or None
    if kind == "missing":
        return Fault(400, "missing_field", f"The field `{field}` is missing. Add it.", field)
    what = str(detail.get("msg", "")).removeprefix("Value error, ").rstrip(".")
    return Fault(400, "invalid_field", f"The field `{field}` is not right: {what}.", field)
