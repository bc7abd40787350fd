"""What the middleware knows of the request in progress, for whoever answers it (also in worker threads)."""

from contextvars import ContextVar
from dataclasses import dataclass

from serving.desk.requests import Caller
from serving.refusals import DEFAULT

REQUEST_ID: ContextVar[str] = ContextVar("luotain_request_id", default="")
"""A random id of the request, in every log entry and error."""

LANGUAGE: ContextVar[str] = ContextVar("luotain_language", default=DEFAULT)
"""The language of the request's errors: fi, sv or en."""

CALLER: ContextVar[Caller | None] = ContextVar("luotain_caller", default=None)
"""Who sent the request to the API, already authenticated."""


@dataclass(frozen=True)
class Presented:
    """A bearer token as it came in (empty when there was none), in which request and from which address."""

    token: str
    request_id: str
    address: str
