"""The body of a request: read up to a limit, and for the API checked as JSON before anything else sees it."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from serving.middleware.errors import Fault, fault_of_status
from serving.refusals import refusal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
SLOW_SECONDS = 10
"""How long a body may take to arrive."""


async def read_body(receive: Receive, headers: Mapping[str, str], limit: int) -> bytes | Fault:
    """The whole body, or the fault when it is too large (also when sent in chunks) or too slow."""
    announced = headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > limit:
        return fault_of_status(413 if announced.isdigit() else 400)
    try:
        async with asyncio.timeout(SLOW_SECONDS):
            return await _collect(receive, limit)
    except TimeoutError:
        return fault_of_status(408)


async def _collect(receive: Receive, limit: int) -> bytes | Fault:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return fault_of_status(400)  # the sender went away
        body += message.get("body", b"")
        if len(body) > limit:
            return fault_of_status(413)
        if not message.get("more_body", False):
            return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body once and then goes on as before."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def media_fault(headers: Mapping[str, str]) -> Fault | None:
    """A fault unless the body is declared as plain JSON."""
    media, _, parameters = headers.get("content-type", "").partition(";")
    plain = parameters.replace(" ", "").replace('"', "").lower() in ("", "charset=utf-8")
    if media.strip().lower() != "application/json" or not plain or "content-encoding" in headers:
        return fault_of_status(415)
    return None


def json_fault(body: bytes) -> Fault | None:
    """A fault unless the body is one JSON object with unique keys and finite numbers."""
    try:
        found = json.loads(
            body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
        json.dumps(found, ensure_ascii=False).encode("utf-8")  # a lone surrogate cannot be written
    except (ValueError, RecursionError):
        return Fault(400, "bad_json", refusal("bad_json"))
    if not isinstance(found, dict):
        return Fault(400, "bad_json", refusal("not_an_object"))
    return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_constant(_text: str) -> float:
    raise ValueError("NaN and Infinity are no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("the number is too large")
    return number
