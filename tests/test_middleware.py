"""The door in front of everything, around a small inner app that can misbehave."""

import asyncio
import json
import logging
import threading
import time

import pytest
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from serving.access import User
from serving.middleware.context import CALLER, REQUEST_ID
from serving.middleware.doors import DoorRules, door_of
from serving.middleware.errors import fault_of_answer, fault_of_status
from serving.middleware.guard import Guard, GuardRules
from serving.middleware.quiet import WithoutValues
from serving.requests import Caller
from serving.settings import is_loopback
from serving.users.handles import client_of, handle_of

USER = User("coordinator", "K", "coordinator", "keski", {}, ("older_people",))
ADMIN = User("admin", "A", "admin", "it", {}, ())
JSON = {"content-type": "application/json"}


async def authenticate(presented):
    user = {"good": USER, "admin": ADMIN}.get(presented.token)
    return Caller(user, "development_token", presented.request_id) if user else fault_of_status(401)


async def echo(request: Request) -> Response:
    caller = CALLER.get()
    said = {"body": (await request.body()).decode(), "caller": caller.user.user_id if caller else None}
    return JSONResponse({**said, "request_id": REQUEST_ID.get()}, headers={"server": "BentoML Service/Luotain"})


def slow(request: Request) -> Response:
    time.sleep(0.4)
    return JSONResponse({"late": True})


async def breaks(request: Request) -> Response:
    raise ValueError("CANARY 010594Y9032")


async def bentoml_list(request: Request) -> Response:
    return JSONResponse([{"error": "CANARY"}], status_code=415)


async def html(request: Request) -> Response:
    return PlainTextResponse(
        "page", headers={"content-security-policy": "default-src 'none'", "cache-control": "private"}
    )


ROUTES = [
    Route("/v1/echo", echo, methods=["POST"]),
    Route("/v1/slow", slow, methods=["POST"]),
    Route("/v1/breaks", breaks, methods=["POST"]),
    Route("/v1/list", bentoml_list, methods=["POST"]),
    Route("/livez", html),
    Route("/metrics", html),
    Route("/page", html, methods=["GET", "POST"]),
    Route("/page/breaks", breaks),
]


def guard(development=True, timeout=5.0, concurrency=8, limit=2000):
    rules = GuardRules(DoorRules(("127.0.0.1", "[::1]"), development), authenticate, limit, timeout, concurrency)
    return Guard(Starlette(routes=ROUTES), rules)


class Answer:
    def __init__(self, messages):
        self.status = messages[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        self.body = b"".join(message.get("body", b"") for message in messages[1:])

    @property
    def error(self):
        return json.loads(self.body)["error"]


async def send_to(app, path, method="POST", headers=None, chunks=(b"{}",), client=("127.0.0.1", 5), query=b""):
    """One raw ASGI request, so that chunks, odd headers and silence can be sent."""
    given = {"host": "127.0.0.1:3000", "authorization": "Bearer good", **JSON, **(headers or {})}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [(name.encode(), value.encode()) for name, value in given.items() if value is not None],
        "client": client,
        "server": ("127.0.0.1", 3000),
        "scheme": "http",
        "root_path": "",
    }
    parts = [{"type": "http.request", "body": part, "more_body": True} for part in chunks]
    parts.append({"type": "http.request", "body": b"", "more_body": False})
    sent = []

    async def receive():
        return parts.pop(0) if parts else await asyncio.Future()

    async def send(message):
        sent.append(message)

    try:
        await app(scope, receive, send)
    except ValueError:
        assert sent, "an inner error must still be answered"
    return Answer(sent)


def ask(app, path, **given):
    return asyncio.run(send_to(app, path, **given))


PAGE = {"authorization": None, "content-type": None}


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


@pytest.mark.parametrize(
    "host,              status",
    [("127.0.0.1", 200), ("127.0.0.1:3000", 200), ("[::1]:3000", 200), ("evil.example", 400), ("", 400), (None, 400)],
)
def test_W18_only_known_hosts(host, status):
    assert ask(guard(), "/v1/echo", headers={"host": host}).status == status


@pytest.mark.parametrize(
    "development, headers,                           client,           status",
    [
        (True, {}, ("127.0.0.1", 1), 200),
        (True, {}, ("::1", 1), 200),
        (True, {}, ("192.0.2.7", 1), 403),
        (True, {"x-forwarded-for": "192.0.2.7"}, ("127.0.0.1", 1), 403),
        (True, {"forwarded": "for=192.0.2.7"}, ("127.0.0.1", 1), 403),
        (False, {"x-forwarded-for": "192.0.2.7"}, ("192.0.2.1", 1), 200),
    ],
)
def test_A24_development_answers_this_machine_only(development, headers, client, status):
    assert ask(guard(development), "/v1/echo", headers=headers, client=client).status == status


@pytest.mark.parametrize(
    "path,       query,                          status",
    [
        ("/page", b"q=010594Y9032", 400),
        ("/page", b"q=010594%59%39032", 400),
        ("/page/010594-9032", b"", 400),
        ("/page", b"q=12345678901", 200),
    ],
)
def test_W23_no_identifier_in_an_address(path, query, status):
    assert ask(guard(), path, method="GET", headers=PAGE, query=query).status == status


@pytest.mark.parametrize(
    "development, authorization,  status",
    [(True, None, 200), (False, None, 401), (False, "Bearer good", 403), (False, "Bearer admin", 200)],
)
def test_A31_metrics_need_a_right(development, authorization, status):
    headers = {"authorization": authorization, "content-type": None}
    assert ask(guard(development), "/metrics", method="GET", headers=headers).status == status


def test_websockets_are_refused():
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(guard()({"type": "websocket", "path": "/"}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize(
    "path,          door",
    [
        ("/v1", "api"),
        ("/v1/x", "api"),
        ("/v10", "page"),
        ("/livez", "health"),
        ("/docs.json", "internal"),
        ("/", "page"),
    ],
)
def test_doors(path, door):
    assert door_of(path) == door


@pytest.mark.parametrize(
    "host,          loopback",
    [("localhost", True), ("127.0.0.9", True), ("::1", True), ("0.0.0.0", False), ("localhost.evil.example", False)],
)
def test_loopback(host, loopback):
    assert is_loopback(host) is loopback


def test_P7_W22_log_lines_lose_values_and_line_breaks(caplog):
    logger = logging.getLogger("test.quiet")
    logger.addFilter(WithoutValues())
    with caplog.at_level(logging.INFO, logger="test.quiet"):
        try:
            raise ValueError("CANARY")
        except ValueError:
            logger.exception("failed\r\n\x1b[31mfaked line")
    assert "CANARY" not in caplog.text
    assert "[ValueError at test_middleware.py:" in caplog.text
    assert len(caplog.messages[0].splitlines()) == 1


def test_a_refused_field_is_no_error_of_the_service_and_tells_no_value(caplog):
    class Asked(BaseModel):
        number: int

    logger = logging.getLogger("test.quiet.refused")
    logger.addFilter(WithoutValues())
    with caplog.at_level(logging.INFO, logger="test.quiet.refused"):
        try:
            Asked.model_validate({"number": "CANARY"})
        except ValidationError:
            logger.exception("Exception on /v1/scenario")
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "CANARY" not in caplog.text
    assert "[ValidationError at " in caplog.text


def test_handles_differ_by_session_and_lead_back():
    client, one, other = "0123456789abcdef" * 2, b"k" * 16, b"l" * 16
    handle = handle_of(client, one)
    assert (len(handle), client_of(handle, one)) == (22, client)
    assert handle_of(client, other) != handle
    assert client_of(handle, other) != client
    assert client_of("no handle", one) is None
    assert client_of(handle[:-1] + "B", one) is None  # not written the one way a handle is written


def test_a_threaded_answer_knows_its_caller():
    seen = []

    def look(request: Request) -> Response:
        seen.append((threading.current_thread() is threading.main_thread(), CALLER.get().user.user_id))
        return JSONResponse({})

    rules = GuardRules(DoorRules(("127.0.0.1",), True), authenticate, 2000, 5.0, 8)
    ask(Guard(Starlette(routes=[Route("/v1/look", look, methods=["POST"])]), rules), "/v1/look")
    assert seen == [(False, "coordinator")]
