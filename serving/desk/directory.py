"""Who a client is by name: an exchangeable directory.  Names are held in memory for the page, never stored or logged.

A county's own client system gets an adapter (`Directory`); the demo reads the invented persons that the simulator
wrote.  A directory that is slow or away costs the names of one page, never the page.
"""

import csv
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from configs.errors import DataError, LuotainError
from serving.pages.services import Person

COLUMNS = ("henkilotunnus", "name", "birth_year")
RETRY_SECONDS = 10.0
"""After a failure the directory is left alone for so long: pages do not wait for it one after the other."""
Identify = Callable[[Sequence[str]], Sequence[str | None]]


@dataclass(frozen=True)
class Named:
    """Who the asked clients are; `known` is False when the directory did not answer in time."""

    people: Mapping[str, Person] = field(default_factory=dict)
    known: bool = True


class Directory(Protocol):
    """An adapter to where names are: asked for a page's clients at once, in a thread that may be left waiting."""

    def people(self, client_ids: Sequence[str]) -> Mapping[str, Person]:
        """Those of the clients whom the directory knows.  Raises LuotainError or OSError when it cannot answer."""


class NoDirectory:
    """Until a county connects its own: no names."""

    def people(self, client_ids: Sequence[str]) -> Mapping[str, Person]:
        """Nobody is known."""
        return {}


class CsvDirectory:
    """A file of invented persons, read once; identifiers become pseudonyms at once and are not kept."""

    def __init__(self, file: Path, identify: Identify) -> None:
        self._file, self._identify = file, identify
        self._lock = threading.Lock()
        self._people: dict[str, Person] | None = None

    def people(self, client_ids: Sequence[str]) -> Mapping[str, Person]:
        """The persons in the file.  Raises DataError, without a value, for a file of another shape."""
        with self._lock:
            if self._people is None:
                self._people = self._read()
        return {client: self._people[client] for client in client_ids if client in self._people}

    def _read(self) -> dict[str, Person]:
        with self._file.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            if tuple(rows.fieldnames or ()) != COLUMNS:
                raise DataError(f"{self._file.name}: the header must be `{','.join(COLUMNS)}`.")
            read = [(row[COLUMNS[0]], Person(row["name"], _year(row["birth_year"]))) for row in rows]
        clients = self._identify([code for code, _ in read])
        return {client: person for client, (_, person) in zip(clients, read, strict=True) if client is not None}


class Names:
    """The directory as the pages ask it: never longer than they can wait, and quiet for a while after a failure."""

    def __init__(self, directory: Directory, wait_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._directory, self._wait, self._clock = directory, wait_seconds, clock
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="luotain-names")
        self._quiet_until = float("-inf")

    def of(self, client_ids: Sequence[str]) -> Named:
        """Who the clients are, as far as the directory says in time."""
        if self._clock() < self._quiet_until:
            return Named(known=False)
        asked: Future[Mapping[str, Person]] = self._pool.submit(self._directory.people, tuple(client_ids))
        try:
            return Named(asked.result(self._wait))
        except (LuotainError, OSError, TooLate):  # what a directory may raise; its words could hold a name
            self._quiet_until = self._clock() + RETRY_SECONDS
            return Named(known=False)

    def warm(self) -> None:
        """Let the directory get ready without anyone waiting."""
        self._pool.submit(self._directory.people, ())

    def close(self) -> None:
        """Let go of the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _year(text: str) -> int | None:
    return int(text) if text.isdigit() else None
