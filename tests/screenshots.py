"""`python -m tests.screenshots`: opens every page in headless Chromium and writes docs/images/*.png.

Every page is shown with made-up people (with data, with none, with an error).  Where the demo has been run, the pages
with data are then taken again from the real service; `--made-up` leaves that out.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page
from tqdm import tqdm

from configs.command import say
from configs.loader import PROJECT_ROOT
from configs.workspace import Workspace
from tests.serving.pages.faked.chromium import chromium, served
from tests.serving.pages.faked.running import client_links, find_clients, running, sign_in
from tests.serving.pages.faked.services import FakeServices

WIDTHS = {"1280": 1280, "390": 390}
SERVING = "configs/serving.yaml"


@dataclass(frozen=True)
class Shot:
    """One picture: whose page, which address, and the state of the service behind it."""

    name: str
    user: str | None
    path: str
    state: str = "data"
    language: str = "fi"
    dark: bool = False
    act: str = ""
    """What is done before the picture: `open` unfolds everything, `by hand` answers an axis."""


SHOTS = [
    Shot("sign-in", None, "/sign-in"),
    Shot("sign-in-none", None, "/sign-in", "none"),
    Shot("clients", "aino", "/clients"),
    Shot("clients-none", "aino", "/clients", "none"),
    Shot("client", "aino", "/clients/h-answered"),
    Shot("client-dark", "aino", "/clients/h-answered", dark=True),
    Shot("client-sv", "aino", "/clients/h-answered", language="sv"),
    Shot("client-sure", "aino", "/clients/h-sure"),
    Shot("client-two-credible", "aino", "/clients/h-two"),
    Shot("client-two-credible-dark", "aino", "/clients/h-two", dark=True),
    Shot("client-no-telling", "aino", "/clients/h-no-telling"),
    Shot("client-three-levels", "aino", "/clients/h-three"),
    Shot("client-recorded", "aino", "/clients/h-recorded", language="sv"),
    Shot("client-by-hand", "aino", "/clients/h-two", act="by hand"),
    Shot("client-needs", "aino", "/clients/h-sure", act="open", language="en"),
    Shot("what-would-change", "aino", "/clients/h-two/what-would-change?output=complexity"),
    Shot("what-would-change-never", "aino", "/clients/h-two/what-would-change?output=resources"),
    Shot("client-not-eligible", "aino", "/clients/h-single"),
    Shot("client-not-assessable", "aino", "/clients/h-unknown"),
    Shot("client-not-found", "aino", "/clients/unknown"),
    Shot("own-view", "aino", "/clients/h-ask"),
    Shot("letter", "aino", "/clients/h-answered/letter"),
    Shot("letter-sv", "aino", "/clients/h-answered/letter?language=sv", language="sv"),
    Shot("reviews", "aino", "/reviews"),
    Shot("reviews-none", "aino", "/reviews", "none"),
    Shot("client-error", "aino", "/clients/h-answered", "error"),
    Shot("decided", "aino", "/clients/h-answered/decided/d-2024-000123"),
    Shot("forecasts", "pekka", "/forecasts"),
    Shot("forecasts-dark", "pekka", "/forecasts", dark=True),
    Shot("forecasts-short", "pekka", "/forecasts?area=It%C3%A4"),
    Shot("forecasts-none", "pekka", "/forecasts", "none"),
    Shot("forecasts-error", "pekka", "/forecasts", "error"),
    Shot("scenarios", "pekka", "/scenarios"),
    Shot("scenarios-dark", "pekka", "/scenarios", dark=True),
    Shot("scenario-new", "pekka", "/scenarios/new"),
    Shot("staffing", "pekka", "/staffing"),
    Shot("staffing-channels", "pekka", "/staffing/channels"),
    Shot("flow", "pekka", "/flow"),
    Shot("flow-none", "pekka", "/flow", "none"),
    Shot("sheet-upload", "pekka", "/forecasts/upload"),
    Shot("models", "tuula", "/models"),
    Shot("models-none", "tuula", "/models", "none"),
    Shot("decisions", "tuula", "/decisions"),
    Shot("review-counts", "tuula", "/review-counts"),
    Shot("decisions-none", "tuula", "/decisions", "none"),
    Shot("audit-log", "tuula", "/audit-log"),
    Shot("forbidden", "tuula", "/clients"),
]
REAL_SHOTS = [
    Shot("clients", "coordinator", "/clients"),
    Shot("client", "coordinator", "client"),
    Shot("client-dark", "coordinator", "client", dark=True),
    Shot("client-sv", "coordinator", "client", language="sv"),
    Shot("client-not-eligible", "coordinator", "client-not-eligible"),
    Shot("forecasts", "planner", "/forecasts"),
    Shot("forecasts-dark", "planner", "/forecasts", dark=True),
    Shot("scenarios", "planner", "/scenarios"),
    Shot("staffing", "planner", "/staffing"),
    Shot("flow", "planner", "/flow"),
    Shot("models", "auditor", "/models"),
    Shot("audit-log", "auditor", "/audit-log"),
]
"""A path without a slash is a kind of client, looked up in the list."""


def main(argv: Sequence[str] | None = None) -> int:
    """Write every picture; the exit code is 1 when a page needs sideways scrolling or writes to the console."""
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    parser.add_argument("--to", default="docs/images", help="folder of the pictures (default: docs/images)")
    parser.add_argument("--only", default="", help="only the pictures whose name begins so")
    parser.add_argument("--made-up", action="store_true", help="leave the real service out")
    options = parser.parse_args(argv)
    folder = PROJECT_ROOT / options.to
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        faults = list(take_made_up(browser, [shot for shot in SHOTS if shot.name.startswith(options.only)], folder))
        if not options.made_up and _demo_was_run():
            real = [shot for shot in REAL_SHOTS if shot.name.startswith(options.only)]
            faults += take_real(browser, real, folder)
    for fault in faults:
        say(fault)
    say(f"Pictures written to {options.to}." if not faults else f"{len(faults)} faults seen on the pages.")
    return 1 if faults else 0


def take_made_up(browser: Browser, shots: Sequence[Shot], folder: Path) -> Iterator[str]:
    """Take the pictures with made-up people; yields what was wrong with the pages."""
    services = FakeServices()
    with served(services) as address:
        for shot, label, context in _contexts(browser, shots):
            services.empty, services.down = shot.state == "none", shot.state == "error"
            if shot.user:
                context.add_cookies([{"name": "luotain_session", "value": f"token-{shot.user}", "url": address}])
            yield from _take(context.new_page(), shot, address + shot.path, label, folder)


def take_real(browser: Browser, shots: Sequence[Shot], folder: Path) -> Iterator[str]:
    """Take the pictures of the running demo; yields what was wrong with the pages."""
    with running(SERVING) as address:
        places = _places(browser, address)
        for shot, label, context in _contexts(browser, shots):
            page = sign_in(context, address, shot.user or "coordinator")
            if shot.path.startswith("/"):
                yield from _take(page, shot, address + shot.path, label, folder)
            elif shot.path in places:
                yield from _take(page, shot, client_links(page, address)[places[shot.path]], label, folder)


def _places(browser: Browser, address: str) -> dict[str, int]:
    context = browser.new_context()
    try:
        return find_clients(sign_in(context, address, "coordinator"), address)
    finally:
        context.close()


def _contexts(browser: Browser, shots: Sequence[Shot]) -> Iterator[tuple[Shot, str, BrowserContext]]:
    for shot in tqdm(shots, desc="pages", file=sys.stderr, disable=None):
        for label, width in WIDTHS.items():
            context = browser.new_context(
                viewport={"width": width, "height": 900},
                color_scheme="dark" if shot.dark else "light",
                locale="fi-FI",
                timezone_id="Europe/Helsinki",
            )
            yield shot, label, context
            context.close()


def _take(page: Page, shot: Shot, address: str, label: str, folder: Path) -> Iterator[str]:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    if shot.language != "fi":
        url = address.split("/", 3)
        page.context.add_cookies([{"name": "luotain_language", "value": shot.language, "url": f"{url[0]}//{url[2]}"}])
    page.goto(address)
    _act(page, shot.act)
    page.screenshot(path=folder / f"{shot.name}-{label}.png", full_page=True)
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        yield f"{shot.name} at {label} px needs sideways scrolling."
    # A page that is meant to be an error makes Chromium say so; anything else on the console is a fault.
    yield from (f"{shot.name} at {label} px: console: {text}" for text in said if "status of" not in text)


def _act(page: Page, act: str) -> None:
    if act:
        page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    if act == "by hand":
        page.check(".by-hand fieldset:last-of-type input >> nth=0")
        page.click(".by-hand button")
        page.wait_for_selector("#trial")


def _demo_was_run() -> bool:
    var = Workspace.of("var")
    return var.store.exists() and var.mlflow.exists() and (PROJECT_ROOT / SERVING).exists()


if __name__ == "__main__":
    raise SystemExit(main())
