"""Staged rows as Parquet files of the store: one per bucket, sorted by client and time, flushed to disk."""

from collections.abc import Sequence
from pathlib import Path

from features.manifest import FileEntry, flush_file, flush_folder
from features.sources.engine import Engine, literal, quoted
from features.sources.reading.scan import file_sha256
from features.sources.settling.parts import names_of
from features.tables import Table

ROW_GROUP = 4096
"""Rows per row group: one client's rows are found in one or two of them."""

DATA, QUARANTINE = "data", "quarantine"


def write_table(engine: Engine, table: Table, store: Path, batch: str, buckets: Sequence[int]) -> list[FileEntry]:
    """Write the rows of `buckets` of the open part.  Raises DataError when the disk is full or not writable."""
    folder = store / DATA / table.name
    folder.mkdir(parents=True, exist_ok=True)
    order = "client_id, " if table.has_client else ""
    order += f"{', '.join(quoted(name) for name in (table.time, *table.key))}, recorded_at, file, line"
    entries = []
    for bucket in buckets:
        file = folder / f"{batch}-{bucket:03d}.parquet"
        rows = _copy(
            engine, f"SELECT {names_of(table)} FROM staged_{table.name} WHERE bucket = {bucket} ORDER BY {order}", file
        )
        entries.append(_entry(store, file, rows, bucket, batch))
    flush_folder(folder)
    return entries


def write_quarantine(engine: Engine, store: Path, batch: str) -> FileEntry | None:
    """Write what was refused and why.  No cell of a refused row is kept: the line number finds it in the extract."""
    if not engine.count("SELECT count(*) FROM rejects"):
        return None
    folder = store / QUARANTINE
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{batch}.parquet"
    rows = _copy(
        engine,
        'SELECT d.source, d.table_name AS "table", d.name AS file, d.sha256 AS file_sha256, r.line, r.lines, r.reason, '
        'r.col AS "column" FROM rejects AS r JOIN deliveries AS d USING (file) ORDER BY file, line, reason',
        file,
    )
    flush_folder(folder)
    return _entry(store, file, rows, 0, batch)


def _copy(engine: Engine, select: str, file: Path) -> int:
    """Write a Parquet file and return its rows."""
    return engine.count(
        f"COPY ({select}) TO {literal(file)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})",
        what=file.name,
    )


def _entry(store: Path, file: Path, rows: int, bucket: int, batch: str) -> FileEntry:
    flush_file(file)
    path = file.relative_to(store).as_posix()
    return FileEntry(path, file_sha256(file), file.stat().st_size, rows, bucket, batch)
