"""A whole MEDS data set: one shard per bucket of the store, its metadata, and labels; complete or not there at all."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from meds import (
    CodeMetadataSchema,
    DatasetMetadataSchema,
    code_metadata_filepath,
    data_subdirectory,
    dataset_metadata_filepath,
    subject_splits_filepath,
)
from meds import __version__ as meds_version
from tqdm import tqdm

from configs.errors import DataError
from configs.workspace import Workspace
from features.exports.meds.events import CLOCKS, bucket_events, codes_in
from features.exports.meds.labels import write_labels
from features.exports.meds.settings import SEPARATOR, Event, ExportConfig
from features.exports.meds.subjects import split_table
from features.histories import find_history
from features.history_files import new_folder
from features.manifest import CODE_VERSION
from features.store import Snapshot, open_snapshot
from features.tables import TABLES

LABELS = "labels"


@dataclass(frozen=True)
class Exported:
    """What an export wrote."""

    folder: Path
    events: int
    subjects: int
    codes: int
    labels: int


def export(config: ExportConfig) -> Exported:
    """Write the store as a MEDS data set, bucket by bucket.  Raises LuotainError and keeps nothing."""
    workspace = Workspace.of(config.var)
    snapshot = open_snapshot(workspace.store)
    folder = workspace.root / config.folder
    with new_folder(folder) as building:
        events, subjects, codes = _write_shards(snapshot, config, building / data_subdirectory)
        if not subjects:
            raise DataError("The store has no client to export. Ingest residents first.")
        _write_metadata(snapshot, config, building, subjects, codes)
        labels = _write_labels(workspace, config, subjects, building / LABELS)
    return Exported(folder, events, len(subjects), len(codes), labels)


def _write_shards(snapshot: Snapshot, config: ExportConfig, folder: Path) -> tuple[int, list[int], set[str]]:
    folder.mkdir(parents=True)
    events, subjects, codes = 0, list[int](), set[str]()
    buckets = tqdm(range(snapshot.n_buckets), desc="export", unit="bucket", file=sys.stderr, disable=None, delay=1)
    for bucket in buckets:
        shard, own = bucket_events(snapshot, bucket, config)
        if shard.num_rows:
            pq.write_table(shard, folder / f"{bucket:05d}.parquet", compression="zstd")
        events += shard.num_rows
        subjects += own
        codes |= codes_in([shard])
    return events, subjects, codes


def _write_metadata(
    snapshot: Snapshot, config: ExportConfig, folder: Path, subjects: list[int], codes: set[str]
) -> None:
    (folder / code_metadata_filepath).parent.mkdir()
    pq.write_table(_code_table(sorted(codes), config), folder / code_metadata_filepath)
    pq.write_table(split_table(subjects, config.splits), folder / subject_splits_filepath)
    described = DatasetMetadataSchema(
        dataset_name=config.dataset_name,
        dataset_version=snapshot.sha256[:12],
        etl_name="luotain",
        etl_version=CODE_VERSION,
        meds_version=meds_version,
        code_modifier_columns=list(config.modifiers),
        other_extension_columns=list(CLOCKS),
    )
    text = json.dumps(described.to_dict(), ensure_ascii=False, indent=1, sort_keys=True)
    (folder / dataset_metadata_filepath).write_text(text, encoding="utf-8")


def _code_table(codes: list[str], config: ExportConfig) -> pa.Table:
    rows = {"code": codes, "description": [_described(code, config.events) for code in codes]}
    parents = pa.nulls(len(codes), pa.list_(pa.string()))
    return CodeMetadataSchema.align(pa.table(rows).append_column("parent_codes", parents))


def _described(code: str, events: tuple[Event, ...]) -> str | None:
    """What a row of the code's table is, and which date of it the event stands at."""
    parts = code.split(SEPARATOR)
    for event in events:
        if _is_of(parts, event):
            table = TABLES[event.table]
            return f"{table.row}: {table.by_name[event.at].meaning}" if event.at else table.row
    return None


def _is_of(parts: list[str], event: Event) -> bool:
    if len(event.parts) != len(parts):
        return False
    return all(of_row or text == part for (text, of_row), part in zip(event.parts, parts, strict=True))


def _write_labels(workspace: Workspace, config: ExportConfig, subjects: list[int], folder: Path) -> int:
    if config.labels is None:
        return 0
    history = find_history(workspace, config.labels.histories)
    return write_labels(sorted(history.glob("part-*.parquet")), config.labels.features, frozenset(subjects), folder)
