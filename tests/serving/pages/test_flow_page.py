"""The flow page in headless Chromium: short on a phone, whole on paper, its folded tables within the screen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.serving.pages.faked.chromium import chromium, served
from tests.serving.pages.faked.services import FakeServices

LONGEST = 6_000
"""Pixels at a width of 390 with everything folded."""
HEIGHTS = (
    "[...document.querySelectorAll('details table')].map(one => one.checkVisibility({contentVisibilityAuto: true}))"
)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """The page as a planner sees it on a phone."""
    with chromium() as browser, served(FakeServices()) as address:
        context = browser.new_context(viewport={"width": 390, "height": 800})
        context.add_cookies([{"name": "luotain_session", "value": "token-pekka", "url": address}])
        found = context.new_page()
        found.goto(f"{address}/flow")
        yield found


def test_on_a_phone_the_summary_comes_first_and_the_page_is_short(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollHeight") < LONGEST
    first = page.locator(".flow-summary li").first
    assert first.inner_text().startswith("Pahin pullonkaula")
    assert first.bounding_box()["y"] < 800  # type: ignore[index]
    assert page.locator("details.stage").count() == 3
    assert not any(page.evaluate(HEIGHTS))


def test_unfolded_tables_scroll_inside_their_own_frame(page: Page) -> None:
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert all(page.evaluate(HEIGHTS))
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = false)")


def test_on_paper_everything_is_unfolded(page: Page) -> None:
    charts = "[...document.querySelectorAll('details.stage figure svg')].filter(one => one.checkVisibility()).length"
    heights = "[...document.querySelectorAll('details table')].map(one => one.getBoundingClientRect().height)"
    assert page.evaluate(charts) == 0
    page.emulate_media(media="print")
    assert page.evaluate(charts) >= 3
    found = page.evaluate(heights)
    assert len(found) >= 8
    assert min(found) > 50
