"""A long log made quickly: the same chain as the service writes, many entries in one transaction."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from models.chain import append, canonical_json, head
from serving.records.chain.chained import last_of
from serving.records.database import writing
from serving.records.entries import Actor, AuditEvent
from serving.records.logs import Records
from serving.records.schema import AUDIT_LOG, copied_columns

BATCH = 10_000
START = datetime(2025, 1, 1, tzinfo=UTC)
ACTOR = Actor("coordinator", "coordinator", "Esimerkin hyvinvointialue", "asiakasohjaus_lansi", "session", "0" * 16)


def fill(records: Records, entries: int, details: Sequence[dict[str, Any]] = ({},)) -> None:
    """Append `entries` audit entries, a minute apart, about many clients, with one of `details` after the other."""
    columns = copied_columns(AUDIT_LOG)
    for first in range(0, entries, BATCH):
        with writing(records.engine) as connection:
            last = last_of(connection, AUDIT_LOG)
            rows = []
            for values in _values(first, min(BATCH, entries - first), details):
                chained = append(last, values)
                last = head(chained)
                text = canonical_json(chained.entry).decode("ascii")
                copies = {name: chained.entry[name] for name in columns}
                rows.append({**copies, "entry": text, "prev_hash": chained.prev_hash, "hash": chained.hash})
            connection.execute(AUDIT_LOG.insert(), rows)


def _values(first: int, count: int, details: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number in range(first, first + count):
        event = AuditEvent(
            "answer", "ok", ACTOR, f"{number:032x}", "care_relationship", "service_need_assessment", "client_guidance",
            f"{number % 5000:032x}", f"{number:032x}", details[number % len(details)],
            "asiakasohjaus_lansi/older_people",
        )  # fmt: skip
        yield event.values(f"{number:032x}", START + timedelta(minutes=number))
