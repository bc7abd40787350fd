"""What one worker knows of the logs' chains: verified as a whole, then from the last verified entry on.

A short log is verified as a whole in the request that asks first; a long one in a process of its own meanwhile
(`apart`).  A whole verification that is older than an hour is made anew, apart, when the next one asks.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from configs.errors import LuotainError
from serving.records.chain.chained import Verified, last_of, verify_after
from serving.records.chain.checkpoints import Removal
from serving.records.chain.witness import Witness
from serving.records.database import reading
from serving.records.entries import local_text
from serving.records.logs import Records
from serving.records.schema import AUDIT_LOG, CHAINED

logger = logging.getLogger("luotain.serving")
FRESH_SECONDS = 3600.0
"""A whole verification that is older is made again."""
MOST_AT_ONCE = 10_000
"""Entries of the audit log that are verified as a whole within a request: about half a second."""
AGAIN_SECONDS = 60.0
"""After a whole verification that could not be made; a button pressed sooner shows the one of just now."""


@dataclass(frozen=True)
class Known:
    """One log: its last whole verification, and the state from there on."""

    whole: Verified
    whole_at: str
    """Local time at which the whole verification began."""
    last: Verified
    last_at: str
    removals: tuple[Removal, ...]


@dataclass(frozen=True)
class _Begun:
    """A whole verification apart that is under way or done."""

    found: "Future[Sequence[Verified]]"
    at: str
    removals: Mapping[str, tuple[Removal, ...]]


class ChainWatch:
    """Every log of one worker.  May be asked from several threads."""

    def __init__(self, records: Records, witness: Witness, apart: Callable[[], Sequence[Verified]]) -> None:
        self._records, self._witness, self._apart = records, witness, apart
        self._known: dict[str, Known] = {}
        self._whole_clock = 0.0
        self._retry = 0.0
        self._begun: _Begun | None = None
        self._lock = threading.Lock()

    def seen(self) -> Mapping[str, Known] | None:
        """Every log, held against what was stated; None while the first whole verification is under way.

        Raises DataError or ModelError for statements that somebody changed, Unavailable.
        """
        with self._lock:
            self._collect()
            self._forget_thinned()
            if len(self._known) < len(CHAINED):
                if self._is_long():
                    self._begin()
                    return None
                self._verify_now()
            elif time.monotonic() - self._whole_clock > FRESH_SECONDS:
                self._begin()
            for table in CHAINED:
                known = self._known[table.name]
                if known.last.first_bad is None:
                    said = self._witness.statements(table.name).anchors
                    found = verify_after(self._records.engine, table, known.last, said)
                    self._known[table.name] = replace(known, last=found, last_at=self._now())
            return dict(self._known)

    def whole(self, seconds: float) -> Mapping[str, Known] | None:
        """Every log verified as a whole now; None when that takes longer than `seconds`: it goes on.

        Of a long log, one of the last minute counts.  Raises as `seen`.
        """
        with self._lock:
            self._collect()
            if not self._is_long():
                self._verify_now()
            if self._known and time.monotonic() - self._whole_clock < AGAIN_SECONDS:
                return dict(self._known)
            self._begin()
            begun = self._begun
        if begun is not None:
            try:
                begun.found.exception(seconds)
            except TimeoutError:
                return None
        with self._lock:
            self._collect()
            return dict(self._known) or None

    def _verify_now(self) -> None:
        began = self._now()
        for table in CHAINED:
            removals = self._witness.statements(table.name).removals
            found = self._witness.verified(self._records.engine, table)
            self._known[table.name] = Known(found, began, found, began, removals)
        self._whole_clock = time.monotonic()

    def _forget_thinned(self) -> None:
        """Entries were removed after their time since the last whole verification: it counts no more."""
        for table in CHAINED:
            known = self._known.get(table.name)
            if known and known.removals != self._witness.statements(table.name).removals:
                self._known.clear()

    def _begin(self) -> None:
        """Start a whole verification apart, unless one is under way or failed just now."""
        if self._begun is not None or time.monotonic() < self._retry:
            return
        removals = {table.name: self._witness.statements(table.name).removals for table in CHAINED}
        self._begun = _Begun(Future(), self._now(), removals)
        threading.Thread(target=self._run, args=(self._begun.found,), name="verify", daemon=True).start()

    def _run(self, found: "Future[Sequence[Verified]]") -> None:
        try:
            found.set_result(self._apart())
        except (LuotainError, OSError) as fault:
            found.set_exception(fault)

    def _collect(self) -> None:
        """Take over what a verification apart has found."""
        begun = self._begun
        if begun is None or not begun.found.done():
            return
        self._begun = None
        if begun.found.exception() is not None:
            logger.warning("the logs were not verified: %s", type(begun.found.exception()).__name__)
            self._retry = time.monotonic() + AGAIN_SECONDS
            return
        for one in begun.found.result():
            self._known[one.log] = Known(one, begun.at, one, begun.at, begun.removals[one.log])
        self._whole_clock = time.monotonic()

    def _is_long(self) -> bool:
        with reading(self._records.engine) as connection:
            return last_of(connection, AUDIT_LOG).seq > MOST_AT_ONCE

    def _now(self) -> str:
        return local_text(self._records.now().isoformat())
