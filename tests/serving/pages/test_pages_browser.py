"""A real browser on the pages: no foreign script runs, nothing breaks the policy, nothing needs sideways scrolling."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.serving.pages.faked.answers import words
from tests.serving.pages.faked.chromium import CHROMIUM, chromium, served
from tests.serving.pages.faked.services import FakeServices

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists() and "CI" not in os.environ,
        reason="Chromium is not installed: apt install chromium (CI fails instead of skipping)",
    ),
]
EVIL = '<img src=x onerror="alert(1)"><script>alert(1)</script>"><svg onload=alert(1)>'
LONG = "Ikääntyneiden palvelujen asiakas- ja palveluohjausyksikkö Länsi"
PAGES = [
    ("aino", "/clients"),
    ("aino", "/clients/h-answered"),
    ("aino", "/clients/h-single"),
    ("aino", "/clients/h-sure"),
    ("aino", "/clients/h-two"),
    ("aino", "/clients/h-no-telling"),
    ("aino", "/clients/h-three"),
    ("aino", "/clients/h-recorded"),
    ("aino", "/clients/h-two/what-would-change?output=complexity"),
    ("aino", "/clients/h-answered/letter"),
    ("aino", "/clients/nobody"),
    ("aino", "/reviews"),
    ("pekka", "/forecasts"),
    ("pekka", "/scenarios"),
    ("pekka", "/scenarios/new"),
    ("pekka", "/staffing"),
    ("pekka", "/flow"),
    ("tuula", "/models"),
    ("tuula", "/decisions"),
    ("tuula", "/review-counts"),
    ("tuula", "/audit-log"),
]


@pytest.fixture(scope="module")
def services() -> FakeServices:
    return FakeServices(unit_name=words(LONG, LONG, LONG))


@pytest.fixture(scope="module")
def address(services: FakeServices) -> Iterator[str]:
    with served(services) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def visit(browser: Browser, address: str, user: str, language: str = "fi", **options: object) -> BrowserContext:
    context = browser.new_context(**options)  # type: ignore[arg-type]
    cookies = {"luotain_session": f"token-{user}", "luotain_language": language}
    context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
    return context


@pytest.mark.parametrize("size", [{"width": 390, "height": 800}, {"width": 640, "height": 450}], ids=["390", "zoom200"])
def test_no_page_scrolls_sideways_and_the_console_is_empty(
    browser: Browser, address: str, size: dict[str, int]
) -> None:
    faults = []
    for language in ("fi", "sv", "en"):
        for user, path in PAGES:
            context = visit(browser, address, user, language, viewport=size)
            page = context.new_page()
            page.on("console", lambda m: faults.append(m.text) if "status of 404" not in m.text else None)
            page.goto(address + path)
            page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                faults.append(f"{path} {language} needs sideways scrolling")
            context.close()
    assert faults == []


def test_X1_X2_X5_hostile_texts_never_run_and_the_policy_is_never_broken(browser: Browser) -> None:
    hostile = FakeServices(unit_name=words(EVIL, EVIL, EVIL))
    with served(hostile) as address:
        context = visit(browser, address, "aino")
        page = context.new_page()
        alerts, said = [], []
        page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{address}/clients/h-answered")
        page.check("#choice-cannot_tell")
        page.fill("#reason", EVIL)
        page.click(".decision button")
        assert page.url.endswith("/decided/d-2024-000123")
        assert EVIL in page.inner_text("main")
        assert alerts == []
        assert [text for text in said if "status of" not in text] == []
        context.close()


def test_a_decision_is_made_with_the_keyboard_alone(browser: Browser, services: FakeServices, address: str) -> None:
    context = visit(browser, address, "aino")
    page = context.new_page()
    page.goto(f"{address}/clients/h-answered")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "choice":
            break
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")  # from "accept" to "change": the choice of segment appears
    assert page.is_visible("#segment")
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Asiakas pärjää naapurien tuella.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/decided/**")
    assert (services.decisions[-1].choice, services.decisions[-1].segment) == ("change", "community")
    context.close()


def test_an_axis_is_answered_by_hand_with_the_keyboard_alone(browser: Browser, address: str) -> None:
    context = visit(browser, address, "aino", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/clients/h-two")
    page.focus(".by-hand > summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the second axis: strong resources
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#trial")
    assert "Kokeilu" in page.inner_text("#trial")
    assert page.inner_text("#proposal-title") == "Omatoimiasiakkuus"
    context.close()


def test_X7_nothing_is_kept_in_the_browsers_storage(browser: Browser, address: str) -> None:
    context = visit(browser, address, "aino")
    page = context.new_page()
    page.goto(f"{address}/clients/h-answered")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.evaluate("performance.getEntriesByType('resource').every(r => r.name.startsWith(location.origin))")
    context.close()


def test_without_the_choice_to_change_the_segment_list_is_hidden(browser: Browser, address: str) -> None:
    context = visit(browser, address, "aino")
    page = context.new_page()
    page.goto(f"{address}/clients/h-answered")
    assert not page.is_visible("#segment")
    page.check("#choice-change")
    assert page.is_visible("#segment")
    context.close()
