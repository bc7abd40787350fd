"""The coordinator's pages in a real browser: axe finds nothing, keys alone are enough, the letter prints alone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.serving.pages.browser_checks import assert_accessible, silent_console
from tests.serving.pages.faked.answers import words
from tests.serving.pages.faked.chromium import CHROMIUM, chromium, served
from tests.serving.pages.faked.services import FakeServices
from tests.serving.pages.test_pages_browser import LONG, visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() and "CI" not in os.environ,
        reason="Chromium is not installed: apt install chromium (CI fails instead of skipping)",
    ),
]
WITH_DATA = [
    ("aino", "/clients"),
    ("aino", "/clients/h-answered"),
    ("aino", "/clients/h-sure"),
    ("aino", "/clients/h-single"),
    ("aino", "/clients/h-late"),  # the own view is asked first
    ("aino", "/clients/h-answered/letter?language=sv"),
    ("aino", "/clients/nobody"),
    ("aino", "/reviews"),
    ("tuula", "/review-counts"),
]
NARROW = {"width": 640, "height": 450}
"""1280 x 900 at 200 % zoom."""


def services(**more: bool) -> FakeServices:
    made = FakeServices(unit_name=words(LONG, LONG, LONG), **more)
    made.coordinator.ask_first.add("h-late")
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(services()) as found:
        yield found


def looked_at(browser: Browser, address: str, user: str, path: str, **options: object) -> None:
    """The page is usable with assistive technology, silent, and needs no sideways scrolling at 200 %."""
    context = visit(browser, address, user, viewport=NARROW, **options)
    page = context.new_page()
    with silent_console(page):
        page.goto(address + path)
        assert_accessible(page)
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, path
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_inaccessible_with_data_and_a_long_unit_name(browser: Browser, address: str, scheme: str) -> None:
    for user, path in WITH_DATA:
        looked_at(browser, address, user, path, color_scheme=scheme)


@pytest.mark.parametrize("state", ["empty", "down", "nameless"])
def test_nothing_is_inaccessible_without_data_with_an_error_or_without_names(browser: Browser, state: str) -> None:
    made = services(**({state: True} if state != "nameless" else {}))
    made.coordinator.nameless = state == "nameless"
    with served(made) as address:
        for user, path in (("aino", "/clients"), ("aino", "/reviews"), ("tuula", "/review-counts")):
            looked_at(browser, address, user, path)


def press_until(page: Page, script: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(script):
            return
    raise AssertionError(f"Eighty tabs did not reach: {script}")


def test_the_own_view_is_given_with_the_keyboard_alone(browser: Browser) -> None:
    made = services()
    with served(made) as address:
        context = visit(browser, address, "aino", java_script_enabled=True)
        page = context.new_page()
        page.goto(f"{address}/clients/h-late")
        press_until(page, "document.activeElement.name === 'view'")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".proposal")
        context.close()
    assert made.coordinator.views == [("h-late", "cooperative")]


def test_a_review_is_written_with_the_keyboard_alone(browser: Browser) -> None:
    made = services()
    with served(made) as address:
        context = visit(browser, address, "aino")
        page = context.new_page()
        page.goto(f"{address}/reviews")
        press_until(page, "document.activeElement.tagName === 'SUMMARY'")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        page.keyboard.type("Kaikki kunnossa.")
        page.keyboard.press("Tab")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        context.close()
    ((handle, review),) = made.coordinator.kept
    assert (handle, review.finding, review.next_step) == ("h-single", "nothing_missed", "none")


def test_only_the_letter_is_printed(browser: Browser, address: str) -> None:
    context = visit(browser, address, "aino")
    page = context.new_page()
    page.goto(f"{address}/clients/h-answered/letter")
    page.emulate_media(media="print")
    assert page.is_visible(".letter h1")
    for hidden in (".top", ".foot", ".no-print", ".skip"):
        assert not page.is_visible(hidden), hidden
    context.close()


def test_X6_another_site_cannot_frame_the_pages(browser: Browser, address: str) -> None:
    page = browser.new_page()
    frame = f"<iframe src='{address}/sign-in'></iframe>"
    page.route("**/evil", lambda route: route.fulfill(body=frame, content_type="text/html"))
    page.goto(f"{address.replace('127.0.0.1', 'localhost')}/evil")
    page.wait_for_load_state("networkidle")
    (framed,) = page.frames[1:]
    assert framed.url.startswith("chrome-error:")  # Chromium's own page of a refused frame
    assert "Luotain" not in framed.content()
    page.close()
