"""The real service as a child process, and a walk through it as its three development users."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import BrowserContext, Page

from configs.loader import PROJECT_ROOT

START_SECONDS = 60
LOOKED_AT = 40
"""How many clients of the list are opened at most to find one with a proposal and one without."""
FIRST_PAGE = {"coordinator": "/clients", "planner": "/forecasts", "auditor": "/oversight"}


@contextmanager
def running(config: str) -> Iterator[str]:
    """The service of `config` on a free port, ready to answer.  Only this process and its children are ended."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "serving.serve", "--config", config, "--port", str(port)]
    service = subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(address, service)
        yield address
    finally:
        service.terminate()
        service.wait(30)


def sign_in(context: BrowserContext, address: str, role: str) -> Page:
    """A page on which the development user with this role has signed in."""
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.click(f'button[name="user"][value="{role}"]')
    page.wait_for_url(f"**{FIRST_PAGE[role]}")
    return page


def client_links(page: Page, address: str) -> list[str]:
    """Addresses of the listed clients: other handles in every session, but always in the same order."""
    page.goto(f"{address}/clients")
    return [str(link) for link in page.eval_on_selector_all(".list tbody th a", "all => all.map(one => one.href)")]


def find_clients(page: Page, address: str) -> dict[str, int]:
    """Places in the list of the first client with a proposal and of the first one without, by kind."""
    found: dict[str, int] = {}
    for place, link in enumerate(client_links(page, address)[:LOOKED_AT]):
        if len(found) == 2:
            break
        page.goto(link)
        if page.locator(".own-view").count():  # the own view is asked first: neither the one nor the other
            continue
        found.setdefault("client" if page.locator(".proposal").count() else "client-not-eligible", place)
    return found


def _wait_until_ready(address: str, service: "subprocess.Popen[bytes]") -> None:
    """Until every model is live; later a service that lives will do, for its pages say what is missing."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and not _answers(f"{address}/readyz"):
        if service.poll() is not None:
            raise RuntimeError(f"The service ended with exit code {service.returncode} before it was ready.")
        time.sleep(0.5)
    if not _answers(f"{address}/livez"):
        raise RuntimeError(f"The service did not answer within {START_SECONDS} seconds.")


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
