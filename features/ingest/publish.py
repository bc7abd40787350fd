"""The end of an ingest: staged rows settled against each other, written, counted, and published as one manifest."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from configs.errors import DataError
from features.ingest.settle import Settled, Take, settle_all
from features.manifest import Batch, FileReport, Manifest, publish_manifest
from features.sources.engine import Engine
from features.sources.settling.write import write_quarantine
from features.sources.stage import Delivery, Taken


def publish(engine: Engine, store: Path, before: Manifest, take: Take) -> Manifest:
    """Settle, write and publish what was staged.  Raises DataError before anything is published."""
    batch = _batch_id(before, take)
    _note_deliveries(engine, take)
    settled = settle_all(engine, store, before, batch, take)
    refused = _refused(engine)
    reports = tuple(
        _report(delivery, taken, refused.get(delivery.number, {}), settled) for delivery, taken in take.counted
    )
    # Residents first: when their file is spoiled, the rows of every other file become orphans.
    for report, (delivery, _) in sorted(
        zip(reports, take.counted, strict=True), key=lambda pair: not _of_residents(pair[0])
    ):
        _refuse_too_many(report, take.limit, delivery.mapping.may_repeat)
    quarantine = write_quarantine(engine, store, batch)
    manifest = replace(
        before,
        data_until=_data_until(before, take, settled),
        tables=settled.tables,
        batches=(*before.batches, Batch(batch, reports, quarantine)),
        previous=before.sha256 if before.batches else None,
        test_range="link" if "link" in (before.test_range, take.test_range) else "refuse",
    )
    publish_manifest(store, manifest)
    return manifest


def _of_residents(report: FileReport) -> bool:
    return report.table == "residents"


def _note_deliveries(engine: Engine, take: Take) -> None:
    engine.run(
        "CREATE TEMP TABLE deliveries (file INTEGER, source VARCHAR, table_name VARCHAR, name VARCHAR, sha256 VARCHAR, "
        "delivered TIMESTAMP)"
    )
    for delivery, _ in take.counted:
        until, mapping = delivery.covers_until, delivery.mapping
        delivered = (until + timedelta(days=1)).isoformat() if until else None
        engine.run(
            "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?)",
            (delivery.number, mapping.source, mapping.table, delivery.name, delivery.sha256, delivered),
        )


def _refused(engine: Engine) -> dict[int, dict[str, int]]:
    refused: dict[int, dict[str, int]] = {}
    for number, reason, lines in engine.run(
        "SELECT file, reason, sum(lines) FROM rejects GROUP BY file, reason ORDER BY file, reason"
    ):
        refused.setdefault(number, {})[reason] = int(lines)
    return refused


def _report(delivery: Delivery, taken: Taken, refused: Mapping[str, int], settled: Settled) -> FileReport:
    until, mapping = delivery.covers_until, delivery.mapping
    return FileReport(
        source=mapping.source,
        table=mapping.table,
        name=delivery.name,
        sha256=delivery.sha256,
        mapping_sha256=mapping.sha256_of_meaning,
        rows=taken.rows,
        accepted=settled.accepted.get(delivery.number, 0),
        filtered=taken.filtered,
        stored=settled.stored.get(delivery.number, 0),
        quarantined=refused,
        covers_until=until.isoformat() if until and mapping.counts_for_data_until else None,
        noted=dict(sorted(taken.noted.items())),
        valid_from=delivery.valid_from,
    )


def _refuse_too_many(report: FileReport, limit: float, may_repeat: bool) -> None:
    refused = sum(count for reason, count in report.quarantined.items() if not (may_repeat and reason == "duplicate"))
    if refused > limit * report.rows:
        reasons = ", ".join(f"{reason} {count}" for reason, count in report.quarantined.items())
        raise DataError(
            f"{report.name}: {refused} of {report.rows} rows would be quarantined ({reasons}), more than the limit of "
            f"{limit:.1%}. Mend the file or its mapping, or raise `quarantine_limit`."
        )


def _batch_id(before: Manifest, take: Take) -> str:
    parts = [before.sha256, *sorted("|".join(delivery.identity) for delivery, _ in take.counted)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _data_until(before: Manifest, take: Take, settled: Settled) -> str:
    """The last day that a delivery says it covers; where none says so, the day of the last event."""
    counting = [delivery for delivery, _ in take.counted if delivery.mapping.counts_for_data_until]
    promised = [delivery.covers_until.isoformat() for delivery in counting if delivery.covers_until]
    promised += [file.covers_until for batch in before.batches for file in batch.files if file.covers_until]
    return max(promised) if promised else max(before.data_until, _last_event(counting, settled))


def _last_event(counting: Sequence[Delivery], settled: Settled) -> str:
    tables = {delivery.number: delivery.mapping.canonical for delivery in counting}
    happened = [n for n, table in tables.items() if table.has_client and not table.by_name[table.time].planned]
    last = max((settled.last[number] for number in happened if number in settled.last), default=date.min)
    return last.isoformat() if last > date.min else "1900-01-01"
