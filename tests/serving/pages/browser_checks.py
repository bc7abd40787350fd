"""What every page must be in a real browser: usable with assistive technology, and silent in the console."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page

ANSWER_STATUS = "the server responded with a status of"
"""Chromium's own line for a page that was refused (400, 404, 503): the refusal is what is looked at."""
SHOWN_NODES = 5


def assert_accessible(page: Page) -> None:
    """axe-core finds nothing wrong on the page as it stands, folds opened; else each fault with its rule and places.

    axe skips what is not shown, so every `<details>` is opened first (and stays open).
    """
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    found = Axe().run(page).response["violations"]
    assert not found, f"{page.url}\n" + "\n".join(line for one in found for line in _lines(one))


@contextmanager
def silent_console(page: Page) -> Iterator[None]:
    """Nothing is written to the console (by a script, the policy or a missing file) and no script breaks meanwhile."""
    said: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if ANSWER_STATUS not in message.text:
            said.append(message.text)

    def broke(error: object) -> None:
        said.append(str(error))

    page.on("console", heard)
    page.on("pageerror", broke)
    try:
        yield
    finally:
        page.remove_listener("console", heard)
        page.remove_listener("pageerror", broke)
    assert said == []


def _lines(violation: Mapping[str, Any]) -> list[str]:
    nodes = [f"    {node['target']}: {node['html'][:160]}" for node in violation["nodes"][:SHOWN_NODES]]
    return [
        f"  {violation['id']} ({violation['impact']}): {violation['help']}, {len(violation['nodes'])} times",
        *nodes,
    ]
