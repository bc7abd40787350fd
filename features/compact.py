"""`python -m features.compact`: one file per table and bucket instead of one per batch.  No row is changed.

Every ingest adds files; readers open each of them.  Compaction rewrites a bucket that has several as one, sorted like
any other, and publishes a new manifest.  The earlier manifest and its files stay, so that an answer given from it can
be replayed.
"""

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from configs.command import parse_config_path, run_command, say
from configs.errors import DataError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from features.ingest.locking import only_writer
from features.manifest import FileEntry, Manifest, flush_folder, publish_manifest, read_manifest
from features.store import read_entry
from features.tables import TABLES, Table

DEFAULT = "configs/compact.yaml"
ROW_GROUP = 4096
"""Rows per row group, as the ingest writes them."""


class CompactConfig(StrictConfig):
    """Which store."""

    var: str


def compact(store: Path) -> tuple[int, int]:
    """Merge the batch files of every table and bucket; how many files there were and are.

    Raises DataError when the store is empty, being written, or damaged; then it stays as it was.
    """
    if read_manifest(store) is None:
        raise DataError(f"The store {store.name}/ is empty. Type `python -m features.ingest` first.")
    with only_writer(store):
        before = read_manifest(store)
        assert before is not None, "a manifest is replaced, never taken away"
        after = replace(before, tables=_merged(store, before), previous=before.sha256)
        if after.tables != before.tables:
            publish_manifest(store, after)
        return _files(before), _files(after)


def _merged(store: Path, before: Manifest) -> dict[str, tuple[FileEntry, ...]]:
    several = [(name, bucket) for name, entries in before.tables.items() for bucket in _with_several(entries)]
    merged = dict(before.tables)
    for name, bucket in tqdm(several, desc="compact", file=sys.stderr, disable=None, leave=False, delay=3):
        own = [entry for entry in merged[name] if entry.bucket == bucket]
        others = [entry for entry in merged[name] if entry.bucket != bucket]
        one = _written(store, TABLES[name], own)
        merged[name] = tuple(sorted([*others, one], key=lambda entry: (entry.bucket, entry.path)))
    return merged


def _with_several(entries: Sequence[FileEntry]) -> Iterator[int]:
    buckets = [entry.bucket for entry in entries]
    yield from sorted({bucket for bucket in buckets if buckets.count(bucket) > 1})


def _written(store: Path, table: Table, entries: Sequence[FileEntry]) -> FileEntry:
    """One file with the rows of several, sorted as the ingest sorts."""
    rows = pa.concat_tables([read_entry(store, entry) for entry in entries], promote_options="permissive")
    order = [*(["client_id"] if table.has_client else []), table.time, *table.key, "recorded_at"]
    sorted_rows = rows.sort_by([(name, "ascending") for name in dict.fromkeys(order)])
    batch = "compact-" + hashlib.sha256("".join(entry.sha256 for entry in entries).encode()).hexdigest()[:12]
    file = store / "data" / table.name / f"{batch}-{entries[0].bucket:03d}.parquet"
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    with beside.open("wb") as stream:
        pq.write_table(sorted_rows, stream, compression="zstd", row_group_size=ROW_GROUP)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)
    flush_folder(file.parent)
    content = file.read_bytes()
    path = file.relative_to(store).as_posix()
    return FileEntry(path, hashlib.sha256(content).hexdigest(), len(content), rows.num_rows, entries[0].bucket, batch)


def _files(manifest: Manifest) -> int:
    return sum(len(entries) for entries in manifest.tables.values())


def main(argv: Sequence[str] | None = None) -> int:
    """Compact the store of a config."""
    path = parse_config_path(argv, "features.compact", "Merge the store's batch files, bucket by bucket.", DEFAULT)

    def action() -> None:
        before, after = compact(Workspace.of(load_config(path, CompactConfig).var).store)
        say(f"{before} files are now {after}." if after < before else f"Nothing to merge: {after} files.")

    return run_command(action)


if __name__ == "__main__":
    raise SystemExit(main())
