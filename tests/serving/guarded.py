"""The door around a small inner app that can misbehave, and one question to it."""

import asyncio
import json
import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from serving.desk.access import User
from serving.desk.requests import Caller
from serving.middleware.context import CALLER, REQUEST_ID
from serving.middleware.doors import DoorRules
from serving.middleware.errors import fault_of_status
from serving.middleware.guard import Guard, GuardRules

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
