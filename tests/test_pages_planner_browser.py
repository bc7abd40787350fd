"""The planner's pages in a real browser: nothing for axe-core to find, with data, with none and with an error."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser_checks import assert_accessible, silent_console
from tests.pages.chromium import CHROMIUM, chromium, served
from tests.pages.services import FakeServices

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() and "CI" not in os.environ,
        reason="Chromium is not installed: apt install chromium (CI fails instead of skipping)",
    ),
]
PAGES = [
    "/forecasts",
    "/forecasts?area=It%C3%A4",
    "/forecasts/upload",
    "/scenarios",
    "/scenarios/new",
    "/staffing",
    "/staffing/channels",
]
STATES = {
    "with data": FakeServices,
    "with none": lambda: FakeServices(empty=True),
    "down": lambda: FakeServices(down=True),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_on_the_planners_pages(browser: Browser, state: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    with served(STATES[state]()) as address:
        context.add_cookies([{"name": "luotain_session", "value": "token-pekka", "url": address}])
        page = context.new_page()
        with silent_console(page):
            for path in PAGES:
                page.goto(address + path)
                assert_accessible(page)
    context.close()
