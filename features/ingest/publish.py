"""The end of an ingest: staged rows settled against each other, written, counted, and published as one manifest."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from configs.errors import DataError
from features.identity import TestRange
from features.manifest import Batch, FileEntry, FileReport, Manifest, publish_manifest
from features.sources.cross import check_lives
from features.sources.engine import Engine
from features.sources.read import Cells
from features.sources.stage import Delivery
from features.sources.versions import settle
from features.sources.write import write_quarantine, write_table
from features.tables import TABLES, Table

Counted = Sequence[tuple[Delivery, Cells]]


def publish(
    engine: Engine, store: Path, before: Manifest, counted: Counted, limit: float, test_range: TestRange
) -> Manifest:
    """Settle, write and publish what was staged.  Raises DataError before anything is published."""
    _note_deliveries(engine, counted)
    reopened = _settle_all(engine, store, before, counted)
    reports = _reports(engine, counted)
    for report, (delivery, _) in zip(reports, counted, strict=True):
        _refuse_too_many(report, limit, delivery.mapping.repeats_deliveries)
    batch = _batch_id(before, reports)
    tables = {
        table.name: _written(engine, table, store, before, batch, reopened.get(table.name, set()))
        for table in TABLES.values()
    }
    quarantine = write_quarantine(engine, store, batch)
    manifest = replace(
        before,
        data_until=_data_until(engine, before, counted),
        tables={name: entries for name, entries in tables.items() if entries},
        batches=(*before.batches, Batch(batch, reports, quarantine)),
        previous=before.sha256 if before.batches else None,
        test_range="link" if "link" in (before.test_range, test_range) else "refuse",
    )
    publish_manifest(store, manifest)
    return manifest


def _note_deliveries(engine: Engine, counted: Counted) -> None:
    engine.run(
        "CREATE TEMP TABLE deliveries (file INTEGER, source VARCHAR, table_name VARCHAR, name VARCHAR, sha256 VARCHAR, "
        "delivered TIMESTAMP)"
    )
    for delivery, _ in counted:
        until = delivery.covers_until
        mapping = delivery.mapping
        delivered = (until + timedelta(days=1)).isoformat() if until else None
        engine.run(
            "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?)",
            (delivery.number, mapping.source, mapping.table, delivery.file.name, delivery.scan.sha256, delivered),
        )


def _settle_all(engine: Engine, store: Path, before: Manifest, counted: Counted) -> dict[str, set[int]]:
    """The buckets reopened, by table.  Residents come first: the other tables are checked against them."""
    reopened = {"residents": _settle(engine, store, before, counted, "residents")}
    known = _stored(store, before, "residents")
    check_lives(engine, [file for files in known.values() for file in files])
    others = {delivery.mapping.table for delivery, _ in counted} - {"residents"}
    return reopened | {name: _settle(engine, store, before, counted, name) for name in TABLES if name in others}


def _settle(engine: Engine, store: Path, before: Manifest, counted: Counted, table: str) -> set[int]:
    mappings = [delivery.mapping for delivery, _ in counted if delivery.mapping.table == table]
    keyless = sorted({mapping.source for mapping in mappings if mapping.repeats == "keep"})
    return settle(engine, TABLES[table], _stored(store, before, table), before.n_buckets, keyless)


def _stored(store: Path, before: Manifest, table: str) -> dict[int, list[str]]:
    files: dict[int, list[str]] = {}
    for entry in before.tables.get(table, ()):
        files.setdefault(entry.bucket, []).append(str(store / entry.path))
    return files


def _written(
    engine: Engine, table: Table, store: Path, before: Manifest, batch: str, reopened: set[int]
) -> tuple[FileEntry, ...]:
    kept = [entry for entry in before.tables.get(table.name, ()) if entry.bucket not in reopened]
    rows = engine.run(f"SELECT DISTINCT bucket FROM staged_{table.name} ORDER BY bucket")
    new = write_table(engine, table, store, batch, [int(bucket) for (bucket,) in rows]) if rows else []
    return tuple(sorted([*kept, *new], key=lambda entry: (entry.bucket, entry.path)))


def _reports(engine: Engine, counted: Counted) -> tuple[FileReport, ...]:
    refused: dict[int, dict[str, int]] = {}
    for number, reason, lines in engine.run(
        "SELECT file, reason, sum(lines) FROM rejects GROUP BY file, reason ORDER BY file, reason"
    ):
        refused.setdefault(number, {})[reason] = int(lines)
    return tuple(
        _report(delivery, cells, refused.get(delivery.number, {}), *_staged(engine, delivery))
        for delivery, cells in counted
    )


def _staged(engine: Engine, delivery: Delivery) -> tuple[int, int]:
    (found,) = engine.run(
        f"SELECT coalesce(sum(lines), 0), count(*) FROM staged_{delivery.mapping.table} WHERE file = {delivery.number}"
    )
    return int(found[0]), int(found[1])


def _report(delivery: Delivery, cells: Cells, refused: Mapping[str, int], accepted: int, stored: int) -> FileReport:
    until = delivery.covers_until
    return FileReport(
        source=delivery.mapping.source,
        table=delivery.mapping.table,
        name=delivery.file.name,
        sha256=delivery.scan.sha256,
        mapping_sha256=delivery.mapping.sha256_of_meaning,
        rows=cells.rows,
        accepted=accepted,
        filtered=cells.filtered,
        stored=stored,
        quarantined=refused,
        covers_until=until.isoformat() if until and delivery.mapping.counts_for_data_until else None,
    )


def _refuse_too_many(report: FileReport, limit: float, may_repeat: bool) -> None:
    refused = sum(count for reason, count in report.quarantined.items() if not (may_repeat and reason == "duplicate"))
    if refused > limit * report.rows:
        reasons = ", ".join(f"{reason} {count}" for reason, count in report.quarantined.items())
        raise DataError(
            f"{report.name}: {refused} of {report.rows} rows would be quarantined ({reasons}), more than the limit of "
            f"{limit:.1%}. Mend the file or its mapping, or raise `quarantine_limit`."
        )


def _batch_id(before: Manifest, reports: Sequence[FileReport]) -> str:
    parts = [before.sha256, *sorted("|".join(report.identity) for report in reports)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _data_until(engine: Engine, before: Manifest, counted: Counted) -> str:
    """The last day that a delivery says it covers; where none says so, the day of the last event."""
    counting = [delivery for delivery, _ in counted if delivery.mapping.counts_for_data_until]
    promised = [delivery.covers_until.isoformat() for delivery in counting if delivery.covers_until]
    promised += [file.covers_until for batch in before.batches for file in batch.files if file.covers_until]
    return max(promised) if promised else max(before.data_until, _last_event(engine, counting))


def _last_event(engine: Engine, counting: Sequence[Delivery]) -> str:
    files = ", ".join(str(delivery.number) for delivery in counting) or "NULL"
    happened = [table for table in TABLES.values() if table.has_client and not table.by_name[table.time].planned]
    events = " UNION ALL ".join(
        f'SELECT max("{table.time}") AS day FROM staged_{table.name} WHERE file IN ({files})' for table in happened
    )
    last = engine.run(f"SELECT max(day)::DATE FROM ({events})")[0][0]
    return last.isoformat() if isinstance(last, date) else "1900-01-01"
