"""Verifies every log and the promotion ledger, and remembers for a while that they were whole."""

import threading
import time

from configs.errors import LuotainError
from serving.oversight.gathering import ledger_of
from serving.pages.oversight.services import LogChain
from serving.records.entries import local_text
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG, CHAINED
from serving.records.witness import Witness
from serving.requests import Desk

FRESH_SECONDS = 3600.0
MOST_UNASKED = 100_000
"""Entries of the audit log that are verified without being asked to: about 6 s.  A longer log has the button."""
LEDGER = "promotions"


class ChainMemory:
    """The last verification of this worker."""

    def __init__(self, desk: Desk, witness: Witness) -> None:
        self._desk, self._witness = desk, witness
        self._last: tuple[float, bool, str] | None = None
        self._lock = threading.Lock()

    def verified(self) -> tuple[LogChain, ...]:
        """Every log and the ledger, verified now."""
        found = (*(self._log(place) for place in range(len(CHAINED))), *self._ledger())
        intact = all(one.first_bad is None for one in found if one.log != LEDGER)
        at = local_text(self._desk.records.now().isoformat())
        self._last = (time.monotonic(), intact, at)
        return found

    def state(self) -> tuple[bool | None, str | None]:
        """Whether the logs are whole and when that was seen; (None, None) = nobody has verified them lately."""
        with self._lock:
            if self._last is None or time.monotonic() - self._last[0] > FRESH_SECONDS:
                self._last = None
                if self._desk.records.page(AUDIT_LOG, Wanted(), 1, 1).total <= MOST_UNASKED:
                    self._verified_or_broken()
            return (self._last[1], self._last[2]) if self._last else (None, None)

    def _verified_or_broken(self) -> None:
        """Checkpoints that cannot be read or are not signed count as a broken chain."""
        try:
            self.verified()
        except LuotainError:
            self._last = (time.monotonic(), False, local_text(self._desk.records.now().isoformat()))

    def _log(self, place: int) -> LogChain:
        notes = self._witness.notes(CHAINED[place].name)
        found = self._witness.verified(self._desk.records.engine, CHAINED[place])
        witnessed = max((point.seq for point in notes), default=None)
        return LogChain(found.log, found.entries, found.removed, found.backwards, found.first_bad, witnessed)

    def _ledger(self) -> tuple[LogChain, ...]:
        ledger, intact = ledger_of(self._desk.settings.workspace, self._desk.settings.promotions)
        if ledger is None:
            return () if intact is None else (LogChain(LEDGER, 0, 0, 0, 1, None),)
        return (LogChain(LEDGER, len(ledger.entries), 0, 0, ledger.first_bad, len(ledger.entries)),)
