"""Everything staged, settled and written part by part, with what became of every file's rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from features.identity import TestRange
from features.manifest import FileEntry, Manifest
from features.sources.engine import Engine, quoted
from features.sources.settling.cross import check_lives, know_lives, prepare_lives, see_residents
from features.sources.settling.parts import Staged, open_part
from features.sources.settling.versions import STORED, settle
from features.sources.settling.write import write_table
from features.sources.stage import Delivery, Taken
from features.tables import TABLES, Table


@dataclass(frozen=True)
class Take:
    """Everything that was read in this run and waits to be settled."""

    counted: Sequence[tuple[Delivery, Taken]]
    staged: Mapping[str, Staged]
    limit: float
    test_range: TestRange

    def deliveries_of(self, table: str) -> list[Delivery]:
        return [delivery for delivery, _ in self.counted if delivery.mapping.table == table]


@dataclass
class Settled:
    """The store's files by table, and of every new file its accepted lines, its stored rows and its last event."""

    tables: dict[str, tuple[FileEntry, ...]] = field(default_factory=dict)
    accepted: dict[int, int] = field(default_factory=dict)
    stored: dict[int, int] = field(default_factory=dict)
    last: dict[int, date] = field(default_factory=dict)


def settle_all(engine: Engine, store: Path, before: Manifest, batch: str, take: Take) -> Settled:
    """Residents come first: the other tables are checked against them."""
    settled = Settled()
    prepare_lives(engine)
    for name in ("residents", *(name for name in TABLES if name != "residents")):
        if name in take.staged:
            _settle_table(engine, store, before, batch, take, name, settled)
        elif name in before.tables:
            settled.tables[name] = before.tables[name]
        if name == "residents":
            know_lives(engine, _stored(store, before, name), before.n_buckets)
    settled.tables = {name: settled.tables[name] for name in TABLES if settled.tables.get(name)}
    return settled


def _settle_table(
    engine: Engine, store: Path, before: Manifest, batch: str, take: Take, name: str, settled: Settled
) -> None:
    table, staged = TABLES[name], take.staged[name]
    mappings = {delivery.number: delivery.mapping for delivery in take.deliveries_of(name)}
    keyless = sorted({mapping.source for mapping in mappings.values() if mapping.repeats == "keep"})
    reopened: set[int] = set()
    new: list[FileEntry] = []
    for part in staged.parts():
        open_part(engine, staged, part, mappings)
        check_lives(engine, table, part, staged.n_open)
        stored = _stored_of_part(store, before, name, part, staged.n_open)
        reopened |= settle(engine, table, stored, before.n_buckets, keyless)
        if name == "residents":
            see_residents(engine)
        new += write_table(engine, table, store, batch, _tally(engine, table, settled))
    kept = [entry for entry in before.tables.get(name, ()) if entry.bucket not in reopened]
    settled.tables[name] = tuple(sorted([*kept, *new], key=lambda entry: (entry.bucket, entry.path)))


def _tally(engine: Engine, table: Table, settled: Settled) -> list[int]:
    """Count what is left of the open part's rows.  Returns the buckets they lie in."""
    time = table.by_name[table.time]
    day = f"max({quoted(table.time)})::DATE" if time.kind == "time" else "NULL"
    buckets = set()
    for file, bucket, lines, rows, last in engine.run(
        f"SELECT file, bucket, sum(lines), count(*), {day} FROM staged_{table.name} GROUP BY file, bucket"
    ):
        buckets.add(int(bucket))
        if file == STORED:
            continue
        settled.accepted[file] = settled.accepted.get(file, 0) + int(lines)
        settled.stored[file] = settled.stored.get(file, 0) + int(rows)
        settled.last[file] = max(last or date.min, settled.last.get(file, date.min))
    return sorted(buckets)


def _stored(store: Path, before: Manifest, name: str) -> list[str]:
    return [str(store / entry.path) for entry in before.tables.get(name, ())]


def _stored_of_part(store: Path, before: Manifest, name: str, part: int, n_parts: int) -> dict[int, list[str]]:
    files: dict[int, list[str]] = {}
    for entry in before.tables.get(name, ()):
        if entry.bucket % n_parts == part:
            files.setdefault(entry.bucket, []).append(str(store / entry.path))
    return files
