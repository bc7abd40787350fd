"""The pages on the real service core (access, sessions, logs), with a small engine, walked in a real browser."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.plans import covers
from tests.serving.fake_engine import HENKILOTUNNUS, FakeEngine
from tests.serving.pages.faked.chromium import CHROMIUM, chromium, served
from tests.serving.pages.faked.running import FIRST_PAGE, sign_in
from tests.serving.serving_parts import house

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() and "CI" not in os.environ,
        reason="Chromium is not installed: apt install chromium (CI fails instead of skipping)",
    ),
]


@covers("001-A8")
def test_three_people_walk_through_the_service(var: Path) -> None:
    whole = house(FakeEngine())
    try:
        with served(whole.services) as address, chromium() as browser:
            for role, walk in (("coordinator", decide), ("planner", plan), ("auditor", audit)):
                context = browser.new_context(accept_downloads=True)
                walk(sign_in(context, address, role), address)
                context.close()
    finally:
        whole.close()


def decide(page: Page, address: str) -> None:
    """Search by henkilötunnus, read, choose another segment with a reason, see the confirmation, sign out."""
    page.fill("#henkilotunnus", HENKILOTUNNUS)
    page.click(".search button")
    page.wait_for_selector(".proposal")
    assert HENKILOTUNNUS not in page.url
    page.check("#choice-change")
    page.select_option("#segment", "community")
    page.fill("#reason", "Naapurit auttavat arjessa.")
    page.click(".decision button")
    page.wait_for_url("**/decided/**")
    assert "Naapurit auttavat arjessa." in page.inner_text("main")
    page.go_back()
    page.reload()
    assert page.locator(".earlier li").count() == 1
    page.click(".who button")
    page.wait_for_url("**/sign-in")
    page.goto(f"{address}/clients")
    assert page.url.endswith("/sign-in")


def plan(page: Page, address: str) -> None:
    """See a forecast with its picture, and take it to Excel; a client's page is not for a planner."""
    assert page.locator("svg.chart.forecast").count() == 2
    with page.expect_download() as download:
        page.click("a[download]")
    assert download.value.suggested_filename.endswith(".xlsx")
    assert page.goto(f"{address}{FIRST_PAGE['coordinator']}").status == 403  # type: ignore[union-attr]


def audit(page: Page, address: str) -> None:
    """See the model versions, the decision just made, and every step of the others in the access log."""
    assert page.locator("table").count() >= 1
    page.click('nav.main-nav a[href="/decisions"]')
    page.wait_for_url("**/decisions")
    assert "Naapurit auttavat arjessa." in page.inner_text("main")
    page.click('nav.main-nav a[href="/audit-log"]')
    page.wait_for_url("**/audit-log")
    assert "Ketju on ehjä" in page.inner_text("main")
    page.select_option("#filter-outcome", "denied")
    page.click(".filters button")
    page.wait_for_url("**outcome=denied**")
    page.wait_for_selector("tbody tr")
    assert "Estetty" in page.inner_text("tbody")
