"""The store as readers see it: one complete, checksummed snapshot of the thirteen tables."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from configs.errors import DataError
from features.columnar import Columns
from features.identity import TestRange
from features.keys import Purpose
from features.manifest import Batch, FileEntry, Manifest, read_earlier, read_manifest
from features.tables import TABLES, Column, Table

ARROW_TYPES = {
    "text": pa.dictionary(pa.int32(), pa.string()),
    "integer": pa.float64(),
    "number": pa.float64(),
    "time": pa.timestamp("s"),
    "flag": pa.bool_(),
}


@dataclass(frozen=True)
class Snapshot:
    """What the store held at one moment.  `data_until` is the last full day that its extracts cover."""

    root: Path
    sha256: str
    n_buckets: int
    key_id: str
    data_until: date
    tables: Mapping[str, tuple[FileEntry, ...]]
    batches: tuple[Batch, ...]
    test_range: TestRange = "refuse"
    """`link`: fictional persons may be among the clients, which production never serves."""
    purpose: Purpose = "care"


def open_snapshot(store: Path) -> Snapshot:
    """The store's present content.  Raises DataError when there is none or its manifest is damaged."""
    manifest = read_manifest(store)
    if manifest is None:
        raise DataError(f"The store {store.name}/ is empty. Type `python -m features.ingest` first.")
    return _snapshot(store, manifest)


def open_earlier(store: Path, sha256: str) -> Snapshot:
    """The content that the store had under a checksum, for replays.  Raises DataError when it is gone or damaged."""
    manifest = read_earlier(store, sha256)
    if manifest is None:
        raise DataError(f"The store keeps no snapshot {sha256[:12]} any more. Restore it from a backup.")
    return _snapshot(store, manifest)


def _snapshot(store: Path, manifest: Manifest) -> Snapshot:
    return Snapshot(
        root=store,
        sha256=manifest.sha256,
        n_buckets=manifest.n_buckets,
        key_id=manifest.key_id,
        data_until=date.fromisoformat(manifest.data_until),
        tables=manifest.tables,
        batches=manifest.batches,
        test_range=manifest.test_range,
        purpose=manifest.purpose,
    )


def bucket_of(client_id: str, n_buckets: int) -> int:
    """The bucket that all rows of the client lie in."""
    return int(client_id[:8], 16) % n_buckets


def read_table(
    snapshot: Snapshot, table: str, bucket: int | None = None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Rows of one table: all, or of one bucket.  Text comes as categories, times as datetime64[s]."""
    wanted = _wanted(table, columns)
    entries = [entry for entry in snapshot.tables.get(table, ()) if bucket is None or entry.bucket == bucket]
    names = [column.name for column in wanted]
    parts = [_cast(_open(snapshot, entry).read(columns=names), wanted) for entry in entries]
    return _frame(parts, wanted)


def read_columns(snapshot: Snapshot, table: str, bucket: int, columns: Sequence[str] | None = None) -> Columns:
    """Rows of one table and bucket by columns, without a copy where Arrow allows it: what the kernel reads."""
    names = [column.name for column in _wanted(table, columns)]
    entries = [entry for entry in snapshot.tables.get(table, ()) if entry.bucket == bucket]
    parts = [_open(snapshot, entry).read(columns=names) for entry in entries]
    return Columns.of_arrow(pa.concat_tables(parts) if parts else _no_rows(_wanted(table, columns)))


def read_client(snapshot: Snapshot, client_id: str) -> dict[str, pd.DataFrame]:
    """Every row of one client, by table; an empty frame where the client has none."""
    bucket = bucket_of(client_id, snapshot.n_buckets)
    return {
        table.name: _client_rows(snapshot, table, bucket, client_id) for table in TABLES.values() if table.has_client
    }


def _client_rows(snapshot: Snapshot, table: Table, bucket: int, client_id: str) -> pd.DataFrame:
    parts = []
    for entry in snapshot.tables.get(table.name, ()):
        if entry.bucket != bucket:
            continue
        file = _open(snapshot, entry)
        groups = _row_groups(file, client_id)
        rows = _rows_of(file.read_row_groups(groups, use_threads=False), client_id) if groups else None
        if rows:
            parts.append(_narrowed(rows, table.columns))
    return _frame(parts, table.columns) if parts else _empty(table.name).copy()


def _rows_of(rows: pa.Table, client_id: str) -> pa.Table:
    """The client's rows: they lie together, because files are sorted by client."""
    places = np.flatnonzero(pc.equal(rows["client_id"], pa.scalar(client_id)).to_numpy())
    return rows.slice(places[0], len(places)) if len(places) else rows.slice(0, 0)


def _narrowed(rows: pa.Table, columns: Sequence[Column]) -> pa.Table:
    """The rows with only their own words as categories, not those of the whole row group."""
    texts = {column.name for column in columns if column.kind == "text"}
    plain = {name: rows[name].cast(pa.string()) if name in texts else rows[name] for name in rows.column_names}
    return _cast(pa.table(plain), columns)


@lru_cache
def _empty(table: str) -> pd.DataFrame:
    return _frame([], TABLES[table].columns)


def _row_groups(file: pq.ParquetFile, client_id: str) -> list[int]:
    place = file.schema_arrow.get_field_index("client_id")
    statistics = (file.metadata.row_group(group).column(place).statistics for group in range(file.num_row_groups))
    return [group for group, found in enumerate(statistics) if not found or found.min <= client_id <= found.max]


def _wanted(table: str, columns: Sequence[str] | None) -> tuple[Column, ...]:
    if table not in TABLES:
        raise DataError(f"There is no table `{table}`. The tables are {', '.join(TABLES)}.")
    known = TABLES[table]
    if columns is None:
        return known.columns
    missing = [name for name in columns if name not in known.by_name]
    if missing:
        raise DataError(f"The table {table} has no column {', '.join(f'`{name}`' for name in missing)}.")
    return tuple(known.by_name[name] for name in columns)


def _cast(rows: pa.Table, columns: Sequence[Column]) -> pa.Table:
    return pa.table({column.name: rows[column.name].cast(ARROW_TYPES[column.kind]) for column in columns})


def _frame(parts: Sequence[pa.Table], columns: Sequence[Column]) -> pd.DataFrame:
    parts = parts or [_no_rows(columns)]
    return pa.concat_tables(parts).unify_dictionaries().to_pandas(self_destruct=True)


def _no_rows(columns: Sequence[Column]) -> pa.Table:
    return pa.table({column.name: pa.array([], ARROW_TYPES[column.kind]) for column in columns})


def read_entry(root: Path, entry: FileEntry) -> pa.Table:
    """The rows of one file as they were written.  Raises DataError when it is missing or damaged."""
    file = root / entry.path
    return pq.ParquetFile(file, metadata=_verified(file, entry.sha256, entry.size)).read()


def _open(snapshot: Snapshot, entry: FileEntry) -> pq.ParquetFile:
    """A reader of its own for every caller: readers are not shared between threads, what was verified is."""
    file = snapshot.root / entry.path
    metadata = _verified(file, entry.sha256, entry.size)
    texts = [column.name for column in TABLES[file.parent.name].columns if column.kind == "text"]
    return pq.ParquetFile(file, metadata=metadata, read_dictionary=texts, memory_map=True)


@lru_cache(maxsize=65536)
def _verified(file: Path, sha256: str, size: int) -> pq.FileMetaData:
    """The file's metadata, after its size and checksum were compared: once per process."""
    try:
        content = file.read_bytes() if file.stat().st_size == size else b""
    except FileNotFoundError:
        raise DataError(
            f"The store lacks {file.name}. Restore the data folder from a backup, or ingest again."
        ) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(f"The store's file {file.name} is damaged. Restore it from a backup, or ingest again.")
    return pq.read_metadata(file)
