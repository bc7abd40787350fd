"""The service's two logs: what was shown to whom and why, and what the professional then decided."""

import json
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, select

from serving.pages.services import NotAllowed
from serving.records.chain.chained import append_to, last_of
from serving.records.database import Opened, Place, open_logs, reading, writing
from serving.records.databases.settings import RetentionSettings
from serving.records.databases.turns import Turns
from serving.records.entries import USUAL, AuditEvent, DecisionEntry, utc_text
from serving.records.keeping.clock import ClockWatch
from serving.records.schema import AUDIT_LOG, DECISION_LOG
from serving.refusals import refusal

logger = logging.getLogger("luotain.serving")
SPAN_ROWS = 2000
Clock = Callable[[], datetime]
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """One page of entries, newest first, and how many there are in all."""

    entries: tuple[Values, ...]
    total: int


@dataclass(frozen=True)
class Wanted:
    """Which entries of a log: columns that equal a value, and a time span in UTC texts, [since, before)."""

    equal: Mapping[str, str] = field(default_factory=dict)
    since: str = ""
    before: str = ""


class KeyUsed(NotAllowed):
    """A form or idempotency key that was used before, for something else."""


class Records:
    """The logs on one database.  A method that returns has committed; one that cannot raises Unavailable."""

    def __init__(
        self,
        place: Place | Path,
        clock: Clock,
        after: Callable[["Records", int], None] | None = None,
        keep: RetentionSettings = USUAL,
    ) -> None:
        """`place`: a folder stands for its SQLite file.  `after` is called with every audit entry committed."""
        self._opened = Opened(lambda: open_logs(place))
        self._after = after
        self._keep = keep
        self._watch = ClockWatch()
        self._turns = Turns()
        self._values: dict[tuple[str, str], tuple[int, frozenset[str]]] = {}
        self.now = clock

    @property
    def engine(self) -> Engine:
        """The open database.  Raises Unavailable."""
        return self._opened.engine()

    def close(self) -> None:
        """Let go of the database file."""
        self._opened.close()

    def audit(self, event: AuditEvent) -> int:
        """Append one audit entry; its sequence number."""
        engine = self.engine
        seq = self._turns.write(lambda: writing(engine), lambda connection: self._append_event(connection, event))
        self._committed(seq)
        return seq

    def audit_all(self, events: Sequence[AuditEvent]) -> None:
        """Append several audit entries in one transaction: all of them, or none."""
        with self._turns.alone(), writing(self.engine) as connection:
            places = [self._append_event(connection, event) for event in events]
        for seq in places:
            self._committed(seq)

    def decide(self, decision: DecisionEntry, event: AuditEvent) -> Values:
        """Append the decision and its audit entry together, or return the one already recorded under its key.

        Raises KeyUsed when the key was used for another decision.
        """
        with self._turns.alone(), writing(self.engine) as connection:
            stored = self._by_key(connection, decision)
            if stored is None:
                values = decision.values(new_id(), self.now(), self._keep)
                append_to(connection, DECISION_LOG, values)
                seq = self._append_event(connection, _with_decision(event, values))
        if stored is None:
            self._committed(seq)
            return values
        if not decision.same_content(stored):
            raise KeyUsed(refusal("key_used"))
        return stored

    def keep(self, table: Table, rows: Sequence[Values], event: AuditEvent) -> tuple[Values, ...]:
        """Append a planner's rows and one audit entry together; rows already kept under their key are not repeated."""
        now = utc_text(self.now())
        with self._turns.alone(), writing(self.engine) as connection:
            stored = [self._kept_before(connection, table, row) for row in rows]
            added = [{**row, "time": now} for row, before in zip(rows, stored, strict=True) if before is None]
            for row in added:
                append_to(connection, table, row)
            seq = self._append_event(connection, event) if added else None
        if seq is not None:
            self._committed(seq)
        return tuple(before or {**row, "time": now} for row, before in zip(rows, stored, strict=True))

    def kept(self, table: Table, **equal: str) -> tuple[Values, ...]:
        """A planner's rows whose columns equal the given values, in the order in which they were kept."""
        where = [table.c[name] == value for name, value in equal.items()]
        return self._all(select(table.c.entry).where(*where).order_by(table.c.seq))

    def shown_answer(self, answer_id: str, actor_id: str, client_id: str) -> Values | None:
        """The audit entry of an answer that this person was shown about this client."""
        table = AUDIT_LOG.c
        shown = (table.event == "answer") & (table.answer_id == answer_id)
        return self._one(select(table.entry).where(shown, table.actor_id == actor_id, table.client_id == client_id))

    def decision(self, decision_id: str) -> Values | None:
        """One decision by its id."""
        return self._one(select(DECISION_LOG.c.entry).where(DECISION_LOG.c.decision_id == decision_id))

    def decisions_about(self, client_id: str) -> tuple[Values, ...]:
        """Every decision about a client, newest first."""
        query = (
            select(DECISION_LOG.c.entry)
            .where(DECISION_LOG.c.client_id == client_id)
            .order_by(DECISION_LOG.c.seq.desc())
        )
        return self._all(query)

    def all_decisions(self) -> tuple[Values, ...]:
        """Every decision in the order it was made, for the extract."""
        return self._all(select(DECISION_LOG.c.entry).order_by(DECISION_LOG.c.seq))

    def page(self, table: Table, wanted: Wanted, page: int, size: int) -> Found:
        """One page of the entries of a log that are wanted."""
        where = [table.c[name] == value for name, value in wanted.equal.items()]
        where += [table.c.time >= wanted.since] if wanted.since else []
        where += [table.c.time < wanted.before] if wanted.before else []
        with reading(self.engine) as connection:
            total = connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one()
            query = select(table.c.entry).where(*where).order_by(table.c.seq.desc())
            rows = connection.execute(query.limit(size).offset((page - 1) * size))
            return Found(tuple(json.loads(row.entry) for row in rows), total)

    def about(self, client_id: str, since: str = "") -> tuple[Values, ...]:
        """Every audit entry that concerns a client, lists that she stood on included, oldest first."""
        table = AUDIT_LOG.c
        named = (table.client_id == client_id) | table.entry.contains(f'"{client_id}"', autoescape=True)
        return self._all(select(table.entry).where(named, table.time >= since).order_by(table.seq))

    def span(self, table: Table, since: str, before: str) -> Iterator[Values]:
        """The entries of a time span, [since, before) in UTC texts, in order, without holding them all."""
        inside = (table.c.time >= since) & (table.c.time < before)
        with reading(self.engine) as connection:
            query = select(table.c.entry).where(inside).order_by(table.c.seq)
            with connection.execution_options(yield_per=SPAN_ROWS).execute(query) as rows:
                yield from (json.loads(row.entry) for row in rows)

    def values_of(self, table: Table, column: str) -> tuple[str, ...]:
        """The different values of a column, for a filter's choices; a later call reads only what came since."""
        until, known = self._values.get((table.name, column), (0, frozenset()))
        query = select(table.c[column]).distinct()
        with reading(self.engine) as connection:
            last = last_of(connection, table).seq
            rows = connection.execute(query.where(table.c.seq > until) if until else query)
            found = known | {str(row[0]) for row in rows if row[0] is not None}
        self._values[table.name, column] = last, found
        return tuple(sorted(found))

    def _committed(self, seq: int) -> None:
        if self._after:
            self._after(self, seq)

    def _append_event(self, connection: Connection, event: AuditEvent) -> int:
        now = self.now()
        values = event.values(new_id(), now, self._keep)
        jumped = self._watch.jump(now)
        if jumped is not None:
            logger.warning("the clock jumped by %.0f seconds; entries keep their order by number", jumped)
            values["clock_jump_seconds"] = jumped
        return append_to(connection, AUDIT_LOG, values).seq

    def _by_key(self, connection: Connection, decision: DecisionEntry) -> Values | None:
        table = DECISION_LOG.c
        query = select(table.entry).where(table.actor_id == decision.actor.actor_id, table.key == decision.key)
        row = connection.execute(query).first()
        return json.loads(row.entry) if row else None

    def _kept_before(self, connection: Connection, table: Table, row: Values) -> Values | None:
        same = (table.c.actor_id == row["actor_id"]) & (table.c.key == row["key"])
        found = connection.execute(select(table.c.entry).where(same)).first()
        return json.loads(found.entry) if found else None

    def _one(self, query: Any) -> Values | None:
        found = self._all(query.limit(1))
        return found[0] if found else None

    def _all(self, query: Any) -> tuple[Values, ...]:
        with reading(self.engine) as connection:
            return tuple(json.loads(row.entry) for row in connection.execute(query))


def new_id() -> str:
    """A random identifier of an entry, an answer or a request: 32 hexadecimal characters."""
    return secrets.token_hex(16)


def _with_decision(event: AuditEvent, values: Values) -> AuditEvent:
    shown: Sequence[str] = ("decision_id", "choice", "proposed", "segment", "model")
    detail = {**event.detail, **{name: values[name] for name in shown}}
    return AuditEvent(**{**vars(event), "detail": detail})
