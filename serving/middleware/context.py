"""What the middleware knows of the request in progress, for whoever answers it (also in worker threads)."""

from contextvars import ContextVar

from serving.refusals import DEFAULT
from serving.requests import Caller

REQUEST_ID: ContextVar[str] = ContextVar("luotain_request_id", default="")
"""A random id of the request, in every log entry and error."""

LANGUAGE: ContextVar[str] = ContextVar("luotain_language", default=DEFAULT)
"""The language of the request's errors: fi, sv or en."""

CALLER: ContextVar[Caller | None] = ContextVar("luotain_caller", default=None)
"""Who sent the request to the API, already authenticated."""
