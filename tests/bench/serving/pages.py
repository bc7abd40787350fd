"""How long a page takes: `python -m tests.bench.serving.pages`, and the last phase of `make bench-serving`.

The pages that people have open all day, each asked in turn by a signed-in person of its role, in an open loop.  The
audit log holds `ENTRIES` entries of the sizes of a day, and its first reading after the start is among what is waited
for before the measurement, as the first page of a person would.
"""

import argparse
import http.client
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, cycle, islice
from typing import Any

import numpy as np

from configs.errors import DataError
from configs.loader import PROJECT_ROOT
from serving.records.database import Place as LogPlace
from serving.records.logs import Records
from tests.bench.log import details
from tests.bench.report import Figure, finish, tell
from tests.bench.serving.place import Place, demo_folder, made, running
from tests.records.long_log import fill

MOST_MS, RATE, SEED, ENTRIES = 500.0, 4.0, 20_240_102, 50_000
"""Four pages a second: some two hundred people who open one a minute each."""
CLIENTS = 200
"""Different clients whose pages are opened."""
PAGES = {
    "worklist": ("coordinator_asiakasohjaus_lansi", "/clients"),
    "forecasts": ("planner", "/forecasts"),
    "scenarios": ("planner", "/scenarios"),
    "flow": ("planner", "/flow"),
    "verdicts": ("auditor", "/oversight"),
    "audit_log": ("auditor", "/audit-log"),
    "groups": ("manager", "/groups"),
}
HANDLE = re.compile(r'href="(/clients/[A-Za-z0-9_-]{12,})"')
SESSION = re.compile(r"[^=;]+=[^;]+")


@dataclass(frozen=True)
class PageTimes:
    """What was seen of one page."""

    name: str
    opened: int
    errors: int
    p50: float
    p95: float


def main() -> None:
    """The pages alone."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.serving.pages")
    parser.add_argument("--seconds", type=float, default=120.0, help="length (default: 120)")
    seconds = parser.parse_args().seconds
    finish(measured(made(demo_folder(), PROJECT_ROOT / "var" / "bench" / "pages"), seconds))


def measured(place: Place, seconds: float) -> dict[str, Figure]:
    """A service of its own over `place`, whose log is filled first; prints a table."""
    records = Records(LogPlace(place.settings.workspace.records), lambda: datetime.now(UTC))
    fill(records, ENTRIES, details())
    records.close()
    with running(place, place.start_service(), "/readyz"):
        visits = list(_visits(place))
        for path, cookie in {(one["path"], one["cookie"]) for one in visits[: 4 * (len(PAGES) + 1)]}:
            for _ in range(2):  # both workers have read the log and the published files once
                _asked(place, "GET", path, cookie)
        tell(f"pages: {len(visits)} visits prepared")
        seen = _load(place, visits, seconds)
    found = list(_times(visits, seen))
    print(f"{'page':<12}{'opened':>8}{'errors':>8}{'p50 ms':>9}{'p95 ms':>9}")
    for one in found:
        print(f"{one.name:<12}{one.opened:>8,}{one.errors:>8}{one.p50:>9.0f}{one.p95:>9.0f}")
    figures = {f"page_{one.name}_p95": Figure(one.p95, "ms", at_most=MOST_MS) for one in found}
    medians = {f"page_{one.name}_p50": Figure(one.p50, "ms") for one in found}
    failed = sum(one.errors for one in found)
    return {**figures, **medians, "page_errors": Figure(failed, "pages", at_most=0)}


def _visits(place: Place) -> Iterator[dict[str, Any]]:
    """One visit of each page in turn, as often as there are clients."""
    cookies = {user: _signed_in(place, user) for user in sorted({user for user, _ in PAGES.values()})}
    user, worklist = PAGES["worklist"]
    clients = _clients(place, worklist, cookies[user])
    for client in islice(cycle(clients), max(CLIENTS, len(clients))):
        yield {"name": "client", "path": client, "cookie": cookies[user]}
        for name, (who, path) in PAGES.items():
            yield {"name": name, "path": path, "cookie": cookies[who]}


def _clients(place: Place, worklist: str, cookie: str) -> list[str]:
    """The addresses of client pages that the worklist links to."""
    pages = (_asked(place, "GET", f"{worklist}?page={number}", cookie)[1] for number in range(1, 21))
    found = list(dict.fromkeys(chain.from_iterable(HANDLE.findall(text) for text in pages)))
    if not found:
        raise DataError("The worklist names no client; nothing to open.")
    return found[:CLIENTS]


def _signed_in(place: Place, user: str) -> str:
    """The session cookie of a development user."""
    headers = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    given, _ = _asked(place, "POST", "/sign-in", "", f"user={user}", headers)
    found = SESSION.match(given.get("set-cookie", ""))
    if found is None:
        raise DataError(f"{user} was not signed in.")
    return found[0]


def _asked(
    place: Place, method: str, path: str, cookie: str, body: str | None = None, more: dict[str, str] | None = None
) -> tuple[dict[str, str], str]:
    """Headers and text of an answer, on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=120)
    try:
        connection.request(method, path, body, {**({"cookie": cookie} if cookie else {}), **(more or {})})
        reply = connection.getresponse()
        return {name.lower(): value for name, value in reply.getheaders()}, reply.read().decode("utf-8")
    finally:
        connection.close()


def _load(place: Place, visits: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    plan = {"host": "127.0.0.1", "port": place.port, "rate": RATE, "seconds": seconds, "seed": SEED}
    file = place.folder / "pages.json"
    file.write_text(json.dumps({**plan, "requests": visits}), encoding="utf-8")
    words = [sys.executable, "-m", "tests.bench.serving.load", str(file)]
    done = subprocess.run(words, cwd=PROJECT_ROOT, check=True, capture_output=True, text=True)
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def _times(visits: list[dict[str, Any]], seen: dict[str, Any]) -> Iterator[PageTimes]:
    names = [visits[number % len(visits)]["name"] for number in seen["numbers"]]
    waited, statuses = np.array(seen["milliseconds"]), np.array(seen["statuses"])
    for name, opened in Counter(names).items():
        own = np.array([one == name for one in names])
        p50, p95 = np.percentile(waited[own], [50, 95])
        yield PageTimes(name, opened, int((statuses[own] != 200).sum()), float(p50), float(p95))


if __name__ == "__main__":
    main()
