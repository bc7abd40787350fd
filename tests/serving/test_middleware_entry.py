"""Who and what comes through the door: hosts, addresses, rights, handles, and what the log then says."""

import asyncio
import logging

import pytest
from pydantic import BaseModel, ValidationError

from serving.middleware.doors import door_of
from serving.middleware.quiet import WithoutValues
from serving.settings import is_loopback
from serving.users.handles import client_of, handle_of
from tests.serving.guarded import PAGE, ask, guard


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
    assert "[ValueError at test_middleware_entry.py:" in caplog.text
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
