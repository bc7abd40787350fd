"""What the auditor's pages say of the chains: the logs as this worker watches them, and the promotion ledger."""

import os

from configs.errors import LuotainError
from serving.desk.requests import Desk
from serving.oversight.gathering import ledger_of
from serving.pages.oversight.services import LogChain
from serving.pages.services import ChainStatus
from serving.records.chain.witness import Witness
from serving.records.entries import local_text
from serving.records.schema import AUDIT_LOG
from serving.records.verifying.apart import verified_apart
from serving.records.verifying.watch import ChainWatch, Known
from serving.settings import CONFIG_VARIABLE, DEFAULT_CONFIG

LEDGER = "promotions"
LEFT_TO_ANSWER = 2.0
"""Seconds of a request's time that are kept for the page around a verification."""


class ChainMemory:
    """The chains as this worker knows them."""

    def __init__(self, desk: Desk, witness: Witness) -> None:
        self._desk, self._witness = desk, witness
        config = os.environ.get(CONFIG_VARIABLE) or DEFAULT_CONFIG
        self._watch = ChainWatch(desk.records, witness, lambda: verified_apart(config))

    def verified(self) -> tuple[LogChain, ...]:
        """Every log as a whole and the ledger; empty when a long log takes longer than a page may wait."""
        found = self._watch.whole(self._desk.settings.timeout_seconds - LEFT_TO_ANSWER)
        return () if found is None else (*(self._log(one) for one in found.values()), *self._ledger())

    def state(self) -> tuple[bool | None, str | None]:
        """Whether the logs are whole and until when that was seen; (None, None) = a long log is being verified."""
        try:
            found = self._watch.seen()
        except LuotainError:  # checkpoints that cannot be read or are not signed count as a broken chain
            return False, local_text(self._desk.records.now().isoformat())
        if found is None:
            return None, None
        return all(one.last.first_bad is None for one in found.values()), found[AUDIT_LOG.name].last_at

    def audit_log(self) -> ChainStatus | None:
        """The audit log alone; None = it is being verified for the first time since this worker started."""
        found = self._watch.seen()
        if found is None:
            return None
        one = found[AUDIT_LOG.name]
        return ChainStatus(
            one.last.first_bad is None,
            one.last.entries,
            one.last.first_bad,
            one.last_at,
            self._noted(AUDIT_LOG.name),
            one.whole_at,
            one.whole.checked.seq,
            one.last.checked.seq,
        )

    def _log(self, one: Known) -> LogChain:
        found = one.whole
        noted = self._noted(found.log)
        return LogChain(found.log, found.entries, found.removed, found.backwards, found.first_bad, noted, one.whole_at)

    def _noted(self, log: str) -> int | None:
        return max((point.seq for point in self._witness.notes(log)), default=None)

    def _ledger(self) -> tuple[LogChain, ...]:
        ledger, intact = ledger_of(self._desk.settings.workspace, self._desk.settings.promotions)
        now = local_text(self._desk.records.now().isoformat())
        if ledger is None:
            return () if intact is None else (LogChain(LEDGER, 0, 0, 0, 1, None, now),)
        return (LogChain(LEDGER, len(ledger.entries), 0, 0, ledger.first_bad, len(ledger.entries), now),)
