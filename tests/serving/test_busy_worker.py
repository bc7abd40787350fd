"""A busy worker ends the connections it answered, so that the next question can reach another worker (ADR 67)."""

import asyncio
import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from serving.middleware.doors import DoorRules
from serving.middleware.guard import Guard, GuardRules
from tests.serving.test_middleware import authenticate, send_to


def slow(request: Request) -> Response:
    time.sleep(0.1)
    return JSONResponse({})


def guard(most: int) -> Guard:
    rules = GuardRules(DoorRules(("127.0.0.1",), True), authenticate, 2000, 5.0, most)
    return Guard(Starlette(routes=[Route("/v1/slow", slow, methods=["POST"])]), rules)


def connections(most: int, times: int) -> list[tuple[int, str | None]]:
    """Status and `Connection` header of questions asked at the same moment, and of one afterwards."""

    async def walk():
        app = guard(most)
        together = await asyncio.gather(*(send_to(app, "/v1/slow") for _ in range(times)))
        return [*together, await send_to(app, "/v1/slow")]

    return [(answer.status, answer.headers.get("connection")) for answer in asyncio.run(walk())]


def test_who_found_the_worker_busy_gets_a_new_connection_and_who_found_it_idle_keeps_his():
    assert connections(most=8, times=3) == [(200, None), (200, "close"), (200, "close"), (200, None)]


def test_who_is_refused_because_the_worker_is_full_gets_a_new_connection():
    assert connections(most=1, times=2) == [(200, None), (429, "close"), (200, None)]
