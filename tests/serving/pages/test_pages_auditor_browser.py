"""The manager's, the auditor's and the administrator's pages in a real browser: axe finds nothing in any state."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.serving.pages.browser_checks import assert_accessible, silent_console
from tests.serving.pages.faked.chromium import CHROMIUM, chromium, served
from tests.serving.pages.faked.services import FakeServices

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() and "CI" not in os.environ,
        reason="Chromium is not installed: apt install chromium (CI fails instead of skipping)",
    ),
]
WITH_DATA = {
    "tuula": (
        "/oversight",
        "/oversight/live-on?day=2026-11-21",
        "/oversight/access?since=2026-11-01&until=2026-11-30",
        "/oversight/own-log",
        "/models",
        "/audit-log",
    ),
    "maija": ("/groups",),
    "antti": ("/stop-models",),
}
WITH_NONE = {"tuula": ("/oversight",), "maija": ("/groups",), "antti": ("/stop-models",)}
ERRORS = {"tuula": ("/oversight/live-on?day=x",)}
STATES = {
    "with data": (FakeServices, WITH_DATA),
    "with none": (lambda: FakeServices(empty=True), WITH_NONE),
    "with an error": (FakeServices, ERRORS),
    "down": (lambda: FakeServices(down=True), {"tuula": ("/oversight",), "maija": ("/groups",)}),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_on_the_oversight_pages(browser: Browser, state: str) -> None:
    services, pages = STATES[state]
    with served(services()) as address:
        for user, paths in pages.items():
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.add_cookies([{"name": "luotain_session", "value": f"token-{user}", "url": address}])
            page = context.new_page()
            with silent_console(page):
                for path in paths:
                    page.goto(address + path)
                    assert_accessible(page)
            context.close()


@pytest.mark.parametrize("entry", ["7", "abc"])
def test_axe_finds_nothing_on_what_a_form_gives(browser: Browser, entry: str) -> None:
    """The replay's results and its refusal, with the chains verified on the way; nothing is wider than a phone."""
    with served(FakeServices()) as address:
        context = browser.new_context(viewport={"width": 390, "height": 800})
        context.add_cookies([{"name": "luotain_session", "value": "token-tuula", "url": address}])
        page = context.new_page()
        for path, filled in (("/oversight/replay", entry), ("/oversight/chains", "")):
            page.goto(address + path)
            if filled:
                page.fill("#entry", filled)
            page.click("main button")
            page.wait_for_load_state()
            assert_accessible(page)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        context.close()
