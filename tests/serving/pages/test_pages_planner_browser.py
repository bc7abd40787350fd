"""The planner's pages in a real browser: nothing for axe-core to find, with data, with none and with an error."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

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
PAGES = [
    "/forecasts",
    "/forecasts?area=It%C3%A4",
    "/scenarios",
    "/staffing",
    "/staffing/channels",
]
STATES = {
    "with data": (FakeServices, PAGES),
    "with none": (lambda: FakeServices(empty=True), ["/forecasts", "/scenarios"]),
    "down": (lambda: FakeServices(down=True), ["/forecasts"]),
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_on_the_planners_pages(browser: Browser, state: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    services, pages = STATES[state]
    with served(services()) as address:
        context.add_cookies([{"name": "luotain_session", "value": "token-pekka", "url": address}])
        page = context.new_page()
        with silent_console(page):
            for path in pages:
                page.goto(address + path)
                assert_accessible(page)
        if state == "with data":
            with silent_console(page):
                refused_form(page, address)
    context.close()


def refused_form(page: Page, address: str) -> None:
    """A form and a sheet that cannot be used: the faults are read out beside the fields."""
    page.goto(f"{address}/scenarios/new")
    page.fill("#growth_85plus", "paljon")
    page.click(".actions button")
    page.wait_for_selector(".fault")
    assert_accessible(page)
    page.goto(f"{address}/forecasts/upload")
    page.set_input_files("input[type=file]", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"id;ds\n1;2"})
    page.click(".file-form button")
    page.wait_for_selector("#fault")
    assert_accessible(page)
