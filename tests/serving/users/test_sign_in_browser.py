"""Signing in and out in a real browser, the provider on another site: the strict cookie must survive the way back."""

import asyncio
import os
import threading
import warnings
from pathlib import Path

import httpx
import pytest
import uvicorn

from tests.serving.pages.faked.chromium import CHROMIUM, chromium
from tests.serving.serving_parts import service_of
from tests.serving.users.signing_in import KAISA, Served

with warnings.catch_warnings(record=True):  # it uses deprecated names of Authlib, which wants them shown always
    import oidc_provider_mock

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() and "CI" not in os.environ,
        reason="Chromium is not installed: apt install chromium (CI fails instead of skipping)",
    ),
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:get_jwt_config.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Using `httpx` with `starlette.testclient`"),
    pytest.mark.filterwarnings(r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*"),
]


@pytest.fixture
def address(var, monkeypatch):
    """The service on a loopback port; the provider is at `localhost`, which is another site than 127.0.0.1."""
    monkeypatch.setenv("LUOTAIN_TEST_SECRET", "a-secret")
    with oidc_provider_mock.run_server_in_thread() as provider:
        issuer = f"http://localhost:{provider.server_port}"
        httpx.put(f"{issuer}/users/kaisa", json=KAISA)
        socket = uvicorn.Config(lambda: None, host="127.0.0.1", port=0).bind_socket()
        here = f"http://127.0.0.1:{socket.getsockname()[1]}"
        served = Served(issuer, public_url=here)
        config = uvicorn.Config(service_of(served.house).to_asgi(), log_level="warning")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([socket])), daemon=True)
        thread.start()
        yield here
        server.should_exit = True
        thread.join()
        socket.close()


def test_A26_A27_the_strict_cookie_survives_the_way_back_and_sign_out_leads_to_the_provider(address):
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{address}/clients")
        assert page.url == f"{address}/sign-in"
        page.click("main a.button")
        page.fill("input[name=sub]", "kaisa")
        page.click("button:has-text('Authorize')")
        page.wait_for_url(f"{address}/clients")
        (cookie,) = [one for one in page.context.cookies(address) if one["name"] == "luotain_session"]
        assert (cookie["sameSite"], cookie["httpOnly"], cookie["secure"]) == ("Strict", True, True)
        page.click("header form button")
        page.wait_for_url("**/oauth2/end_session*")
        page.goto(f"{address}/clients")
        assert page.url == f"{address}/sign-in"
