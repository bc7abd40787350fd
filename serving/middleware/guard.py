"""The ASGI middleware around the whole service, API and pages alike."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from serving.desk.access import may
from serving.desk.requests import Caller
from serving.middleware.answers import Outgoing, Send
from serving.middleware.body import Receive, json_fault, media_fault, read_body, replay
from serving.middleware.context import CALLER, LANGUAGE, REQUEST_ID, Presented
from serving.middleware.doors import Door, DoorRules, address_of, door_fault, door_of, headers_of, is_upload
from serving.middleware.errors import Fault, fault_of_status
from serving.middleware.exhausted import is_exhausted
from serving.records.logs import new_id
from serving.refusals import preferred_language

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Authenticate = Callable[[Presented], Awaitable[Caller | Fault]]
"""Who presents a bearer token, or why it is nobody."""


@dataclass(frozen=True)
class GuardRules:
    """Limits and doors of the middleware."""

    doors: DoorRules
    authenticate: Authenticate
    max_body_bytes: int
    timeout_seconds: float
    max_concurrency: int
    max_upload_bytes: int = 2_100_000
    """Of a page's form with a file."""


class Guard:
    """Checks what comes in, limits how long and how many, and shapes what goes out."""

    def __init__(self, app: App, rules: GuardRules) -> None:
        self._app = app
        self._rules = rules
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id, door = new_id(), door_of(scope["path"])
        headers = headers_of(scope)
        language = preferred_language(headers.get("accept-language", ""))
        outgoing = Outgoing(send, request_id, language, door == "page", not self._rules.doors.is_development)
        scope.setdefault("state", {})["request_id"] = request_id
        address = address_of(scope, headers, self._rules.doors.trusted_proxies)
        scope["state"]["address"] = address
        try:
            entered = await self._enter(scope, headers, door, request_id)
        except OSError:  # keys cannot be read: no free file, a disk that is gone
            entered = fault_of_status(503, {"retry-after": "5"})
        if isinstance(entered, Fault):
            await outgoing.refuse(entered)
            return
        body = await self._body(scope, receive, headers, door)
        if isinstance(body, Fault):
            await outgoing.refuse(body)
            return
        REQUEST_ID.set(request_id)
        LANGUAGE.set(language)
        CALLER.set(entered)
        await self._limited(scope, receive if body is None else replay(body, receive), outgoing, door)

    async def _enter(
        self, scope: Scope, headers: Mapping[str, str], door: Door, request_id: str
    ) -> Caller | Fault | None:
        """Who comes in at this door, or why nobody does.  Pages know their visitors by the session cookie."""
        fault = door_fault(scope, headers, self._rules.doors)
        if fault is not None:
            return fault
        authorization = headers.get("authorization")
        if door == "page":
            return fault_of_status(403) if authorization else None
        if door == "health" or (door == "internal" and self._rules.doors.is_development):
            return None
        scheme, _, token = (authorization or "").partition(" ")
        presented = token.strip() if scheme.lower() == "bearer" else ""
        caller = await self._rules.authenticate(Presented(presented, request_id, scope["state"]["address"]))
        if isinstance(caller, Fault):
            return caller
        if door == "api" and scope["method"] != "POST":
            return fault_of_status(405, {"allow": "POST"})
        if door == "internal" and not may(caller.user, "see_metrics", None, date.min).allowed:
            return fault_of_status(403)
        return caller

    async def _body(
        self, scope: Scope, receive: Receive, headers: Mapping[str, str], door: Door
    ) -> bytes | Fault | None:
        """The body of a request that may have one."""
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return None
        fault = media_fault(headers) if door == "api" else None
        if fault is not None:
            return fault
        limit = self._rules.max_upload_bytes if is_upload(scope, headers, door) else self._rules.max_body_bytes
        body = await read_body(receive, headers, limit)
        return body if isinstance(body, Fault) or door != "api" else json_fault(body) or body

    async def _limited(self, scope: Scope, receive: Receive, outgoing: Outgoing, door: Door) -> None:
        """Let the inner app answer, unless too many are in progress or it takes too long.  Health always answers."""
        if door == "health":
            await self._app(scope, receive, outgoing.send)
            return
        # Whoever held a connection to a busy worker opens a new one: an idle worker is the quicker to accept it.
        outgoing.closes = self._in_progress > 0
        if self._in_progress >= self._rules.max_concurrency:
            await outgoing.refuse(fault_of_status(429, {"retry-after": "1"}))
            return
        self._in_progress += 1
        answering = asyncio.ensure_future(self._app(scope, receive, outgoing.send))
        answering.add_done_callback(self._leave)
        done, _ = await asyncio.wait({answering}, timeout=self._rules.timeout_seconds)
        if done:
            error = answering.exception()
            if error is not None:
                await outgoing.refuse(_fault_of_failure(error))
                raise error
            return
        # A computation in a thread cannot be stopped: it keeps its place among those in progress until it ends.
        await outgoing.refuse(fault_of_status(504))
        answering.cancel()

    def _leave(self, answering: "asyncio.Future[None]") -> None:
        self._in_progress -= 1
        if not answering.cancelled():
            answering.exception()  # seen here, so that an abandoned answer's error is not reported a second time


def _fault_of_failure(error: BaseException) -> Fault:
    """503 when the machine ran out of something, for that passes; else 500."""
    return fault_of_status(503, {"retry-after": "5"}) if is_exhausted(error) else fault_of_status(500)
