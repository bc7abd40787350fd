"""Follows one log: verified as a whole once, then only what came since, so that a page does not read a million entries.

What only the whole verification sees is a change of an entry that was verified before.  It is therefore done again
after `WHOLE_SECONDS`, when entries were removed, and whenever anything is bad; `serving.verify_log` does it at once.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table

from serving.records.chained import Verified, Walk, hash_of, removed_head, walk_on, walk_whole
from serving.records.checkpoints import Statements
from serving.records.database import reading
from serving.records.logs import Records

WHOLE_SECONDS = 24 * 3600
"""How long a whole verification stands before a page makes a new one."""


@dataclass(frozen=True)
class Followed:
    """A log as verified now."""

    verified: Verified
    whole_at: datetime
    """When every entry was last verified."""
    whole_until: int
    """The newest entry then; those behind it were verified as they came."""


@dataclass(frozen=True)
class _Whole:
    at: datetime
    until: int
    removed_until: int
    removed: int
    walk: Walk


class Following:
    """What one worker has verified of one log."""

    def __init__(self, records: Records, table: Table) -> None:
        self._records, self._table = records, table
        self._whole: _Whole | None = None
        self._lock = threading.Lock()

    def verified(self, said: Statements) -> Followed:
        """Every entry that is new, held against everything stated about the log.  Raises Unavailable."""
        with self._lock:
            found = self._on(said) if self._whole is not None else None
            return found or self._anew(said)

    def _anew(self, said: Statements) -> Followed:
        at, removed = self._records.now(), self._removed()
        verified, walk = walk_whole(self._records.engine, self._table, said.anchors, said.removals)
        until = walk.last.seq
        is_good = verified.first_bad is None
        self._whole = _Whole(at, until, removed, verified.removed, walk) if is_good else None
        return Followed(verified, at, until)

    def _on(self, said: Statements) -> Followed | None:
        """The same of what came since; None when everything is to be verified anew."""
        whole = self._whole
        if whole is None or self._records.now() - whole.at > timedelta(seconds=WHOLE_SECONDS):
            return None
        anchors = {point.seq: point.hash for point in said.anchors}
        with reading(self._records.engine) as connection:
            if removed_head(connection, self._table).seq != whole.removed_until or not self._agrees(
                connection, whole.walk, anchors
            ):
                return None
        whole.walk.anchors = anchors
        verified = walk_on(self._records.engine, self._table, whole.walk, whole.removed)
        return Followed(verified, whole.at, whole.until) if verified.first_bad is None else None

    def _agrees(self, connection: Connection, walk: Walk, anchors: dict[int, str]) -> bool:
        """True while the entry where the walk stopped, and those witnessed since, have the hashes that they should."""
        fresh = {seq: one for seq, one in anchors.items() if seq <= walk.last.seq and walk.anchors.get(seq) != one}
        stopped = {walk.last.seq: walk.last.hash} if walk.last.seq else {}
        return all(hash_of(connection, self._table, seq) == one for seq, one in {**fresh, **stopped}.items())

    def _removed(self) -> int:
        with reading(self._records.engine) as connection:
            return removed_head(connection, self._table).seq
