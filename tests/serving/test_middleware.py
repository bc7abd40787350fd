"""The door in front of everything, around a small inner app that can misbehave."""

import asyncio
import json
import threading

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from serving.middleware.context import CALLER
from serving.middleware.doors import DoorRules
from serving.middleware.errors import fault_of_answer
from serving.middleware.guard import Guard, GuardRules
from tests.serving.guarded import PAGE, Answer, ask, authenticate, guard, send_to


def test_what_comes_in_reaches_the_app_whole_with_caller_and_request_id():
    answer = ask(guard(), "/v1/echo", chunks=(b'{"a":', b" 1}"))
    said = json.loads(answer.body)
    assert (said["body"], said["caller"]) == ('{"a": 1}', "coordinator")
    assert said["request_id"] == answer.headers["x-request-id"]


def test_the_server_says_nothing_about_itself():
    assert "server" not in ask(guard(), "/v1/echo").headers


def test_a_pages_own_headers_win_and_the_rest_is_added():
    headers = ask(guard(), "/page", method="GET", headers=PAGE).headers
    assert (headers["content-security-policy"], headers["cache-control"]) == ("default-src 'none'", "private")
    assert headers["x-frame-options"] == "DENY"
    assert "strict-transport-security" not in headers
    assert "strict-transport-security" in ask(guard(False), "/page", method="GET", headers=PAGE).headers


@pytest.mark.parametrize(
    "item,              headers,                        chunks",
    [
        ("W7 announced", {"content-length": "2001"}, (b"{}",)),
        ("W8 chunked", {"transfer-encoding": "chunked"}, (b" " * 1500, b" " * 501)),
    ],
)
def test_W7_W8_a_large_body_is_413(item, headers, chunks):
    answer = ask(guard(), "/v1/echo", headers=headers, chunks=chunks)
    assert (answer.status, answer.error["code"]) == (413, "too_large"), item


def test_a_body_of_exactly_the_limit_is_taken():
    body = b'{"a": "' + b"x" * 1991 + b'"}'
    assert len(body) == 2000
    assert ask(guard(), "/v1/echo", chunks=(body,)).status == 200


def test_pages_have_the_same_limit():
    answer = ask(guard(), "/page", headers=PAGE, chunks=(b"x" * 2001,))
    assert answer.status == 413
    assert answer.headers["content-type"].startswith("text/plain")


def test_F24_a_body_that_does_not_arrive_is_408(monkeypatch):
    monkeypatch.setattr("serving.middleware.body.SLOW_SECONDS", 0.05)

    async def silent():
        app = guard()
        never = asyncio.Future()
        sent = []
        scope = {"type": "http", "method": "POST", "path": "/v1/echo", "query_string": b"", "client": None}
        scope["headers"] = [
            (b"host", b"127.0.0.1"),
            (b"authorization", b"Bearer good"),
            (b"content-type", b"application/json"),
        ]

        async def send(message):
            sent.append(message)

        await app(scope, lambda: never, send)
        return Answer(sent)

    assert asyncio.run(silent()).status == 408


def test_W16_a_slow_answer_is_504_and_keeps_its_place_until_it_ends():
    async def walk():
        app = guard(timeout=0.1, concurrency=1)
        late = await send_to(app, "/v1/slow")
        full = await send_to(app, "/v1/echo")
        health = await send_to(app, "/livez", method="GET", headers=PAGE)
        await asyncio.sleep(0.6)
        again = await send_to(app, "/v1/echo")
        return late, full, health, again

    late, full, health, again = asyncio.run(walk())
    assert (late.status, late.error["code"]) == (504, "timeout")
    assert (full.status, full.error["code"], full.headers["retry-after"]) == (429, "overloaded", "1")
    assert health.status == 200
    assert again.status == 200


def test_W17_more_than_allowed_at_once_is_429():
    async def walk():
        app = guard(concurrency=2)
        return await asyncio.gather(*(send_to(app, "/v1/slow") for _ in range(3)))

    statuses = sorted(answer.status for answer in asyncio.run(walk()))
    assert statuses == [200, 200, 429]


def test_an_exception_is_a_500_without_its_message():
    for path, headers in (("/v1/breaks", {}), ("/page/breaks", PAGE)):
        answer = ask(guard(), path, method="POST" if path.startswith("/v1") else "GET", headers=headers)
        assert answer.status == 500
        assert b"CANARY" not in answer.body
    assert ask(guard(), "/v1/breaks").error["code"] == "internal_error"


def test_bentomls_error_shapes_become_ours():
    answer = ask(guard(), "/v1/list")
    assert (answer.status, answer.error["code"]) == (415, "unsupported_media_type")
    assert b"CANARY" not in answer.body
    assert fault_of_answer(503, b"not json").code == "unavailable"
    assert fault_of_answer(400, b'{"error": "x", "detail": []}').code == "bad_request"


def test_a_threaded_answer_knows_its_caller():
    seen = []

    def look(request: Request) -> Response:
        seen.append((threading.current_thread() is threading.main_thread(), CALLER.get().user.user_id))
        return JSONResponse({})

    rules = GuardRules(DoorRules(("127.0.0.1",), True), authenticate, 2000, 5.0, 8)
    ask(Guard(Starlette(routes=[Route("/v1/look", look, methods=["POST"])]), rules), "/v1/look")
    assert seen == [(False, "coordinator")]
