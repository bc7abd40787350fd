"""Every address that shows a page is looked at by axe-core: here, in another browser test, or a reason stands here."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ViewportSize
from starlette.routing import Route

from serving.pages import create_pages
from tests.serving.pages import test_pages_auditor_browser, test_pages_coordinator_browser, test_pages_planner_browser
from tests.serving.pages.browser_checks import assert_accessible, silent_console
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
LONG = "Ikääntyneiden palvelujen asiakas- ja palveluohjausyksikkö Länsi"
"""63 characters."""
NARROW: ViewportSize = {"width": 640, "height": 450}
"""1280 x 900 at 200 % zoom."""
REST = {
    "nobody": ("/sign-in", "/accessibility"),
    "aino": (
        "/clients/search",
        "/clients/emergency",
        "/clients/h-two/what-would-change?output=complexity",
        "/accessibility",
    ),
    "pekka": ("/forecasts/upload", "/scenarios/new", "/flow"),
    "tuula": ("/decisions", "/emergencies"),
}
ELSEWHERE = (
    "/oversight/replay",  # test_axe_finds_nothing_on_what_a_form_gives
    "/oversight/chains",
)
NO_PAGE = {
    "/": "leads to the first page of the role",
    "/sign-in/start": "leads to the identity provider",
    "/sign-in/callback": "leads back to the first page",
    "/language/{code}": "leads back to the page where the language was chosen",
    "/clients/{handle}/by-hand": "leads back to the client",
    "/clients/{handle}/decision": "leads back to the client",
    "/clients/{handle}/own-view": "leads back to the client",
    "/clients/{handle}/alerts": "leads back to the client",
    "/clients/{handle}/decided/{decision_id}": "looked at after a decision, below",
    "/clients/{handle}/letter.pdf": "a PDF file",
    "/models/{name}/{version}/files/{kind}": "files of the audit report",
    "/reviews/{handle}": "leads back to the queue",
    "/forecasts/download": "a sheet",
    "/forecasts/overrides": "leads back to the forecast",
    "/forecasts/overrides/sheet": "a sheet",
    "/forecasts/overrides/upload": "leads back to the forecast",
    "/scenarios/remove": "leads back to the scenarios",
    "/scenarios/sheet": "a sheet",
    "/scenarios/upload": "leads back to the scenarios",
    "/models/published/{kind}": "a report as evaluation published it",
    "/models/{name}/{version}/report": "a report as evaluation published it",
    "/emergencies/{emergency_id}/review": "leads back to the cases",
    "/groups/download": "a sheet",
    "/stop-models/{name}/stop": "leads back to the switch",
    "/stop-models/{name}/lift": "leads back to the switch",
}


def looked_at() -> list[str]:
    """Every path that a browser test gives to axe-core."""
    auditor = [path for paths in test_pages_auditor_browser.WITH_DATA.values() for path in paths]
    coordinator = [path for _, path in test_pages_coordinator_browser.WITH_DATA]
    rest = [path for paths in REST.values() for path in paths]
    return [*auditor, *coordinator, *test_pages_planner_browser.PAGES, *rest, *ELSEWHERE]


def templates() -> Iterable[str]:
    """The addresses that answer a GET."""
    routes = create_pages(FakeServices(), secure_cookie=False).routes
    return {route.path for route in routes if isinstance(route, Route) and "GET" in (route.methods or ())}


def test_every_page_is_looked_at_or_has_a_reason() -> None:
    paths = [path.partition("?")[0] for path in looked_at()]
    shapes = {one: re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(one))) for one in templates()}
    literal = {path for path in paths if path in shapes}
    seen = {one for one, shape in shapes.items() if any(shape.fullmatch(path) for path in paths if path not in literal)}
    assert set(shapes) - literal - seen - set(NO_PAGE) == set()
    assert set(NO_PAGE) - set(shapes) == set()  # no reason for an address that is gone


@pytest.fixture(scope="module")
def browser() -> Iterable[Browser]:
    with chromium() as found:
        yield found


def test_axe_finds_nothing_on_the_other_pages_with_a_long_unit_name(browser: Browser) -> None:
    with served(FakeServices(unit_name=words(LONG, LONG, LONG))) as address:
        for user, paths in REST.items():
            context = browser.new_context(viewport=NARROW)
            context.add_cookies([{"name": "luotain_session", "value": f"token-{user}", "url": address}])
            page = context.new_page()
            with silent_console(page):
                for path in paths:
                    page.goto(address + path)
                    assert_accessible(page)
                    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
            context.close()


def test_axe_finds_nothing_on_a_decision_and_the_print_view_leaves_the_controls_out(browser: Browser) -> None:
    with served(FakeServices(unit_name=words(LONG, LONG, LONG))) as address:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": "luotain_session", "value": "token-aino", "url": address}])
        page = context.new_page()
        page.goto(f"{address}/clients/h-answered")
        page.emulate_media(media="print")
        assert not page.is_visible("nav")
        assert not page.is_visible(".decision button")
        assert page.is_visible("h1")
        page.emulate_media(media="screen")
        page.check("#choice-cannot_tell")
        page.fill("#reason", "Tilanne selviää kotikäynnillä.")
        page.click(".decision button")
        page.wait_for_url("**/decided/**")
        assert_accessible(page)
        context.close()
