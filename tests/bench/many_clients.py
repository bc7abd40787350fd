"""A county of many clients for measuring trainings: every client of a simulated county several times, under new names.

Copies make rows, not information: good for time and memory, never for how well a model does.
"""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from features.manifest import FileEntry, Manifest, publish_manifest
from features.store import Snapshot, bucket_of, open_snapshot, read_table
from features.tables import TABLES
from tests.bench.report import tell

BUCKETS = 64
CLIENT = "client_id"


def multiply(store: Path, copies: int, to: Path) -> Snapshot:
    """The store `store` with each client `copies` times, at `to`; read as it is when it is there already."""
    if to.exists():
        return open_snapshot(to)
    source, building = open_snapshot(store), to.with_name(f".{to.name}")
    shutil.rmtree(building, ignore_errors=True)
    entries: dict[str, tuple[FileEntry, ...]] = {}
    for name in source.tables:
        frame = read_table(source, name)
        if CLIENT not in frame or frame.empty:
            continue
        tell(f"{copies} copies of {name}: {copies * len(frame):,} rows")
        entries[name] = tuple(_stored(building, name, part, bucket) for bucket, part in _buckets(frame, copies))
    publish_manifest(
        building, Manifest(key_id="bench", n_buckets=BUCKETS, data_until=str(source.data_until), tables=entries)
    )
    building.rename(to)
    return open_snapshot(to)


def _buckets(frame: pd.DataFrame, copies: int) -> Iterator[tuple[int, pd.DataFrame]]:
    """Every bucket's rows of every copy."""
    client, ids = pd.factorize(frame[CLIENT].astype(object))
    names = np.array([[_renamed(one, copy) for one in ids] for copy in range(copies)], object)
    place = np.array([[bucket_of(name, BUCKETS) for name in row] for row in names])
    for bucket in range(BUCKETS):
        parts = []
        for copy in range(copies):
            own = np.flatnonzero(place[copy][client] == bucket)
            parts.append(frame.iloc[own].assign(client_id=names[copy][client[own]]))
        yield bucket, pd.concat(parts, ignore_index=True)


def _renamed(client_id: str, copy: int) -> str:
    return hashlib.sha256(f"{copy}/{client_id}".encode()).hexdigest()[:32]


def _stored(folder: Path, name: str, frame: pd.DataFrame, bucket: int) -> FileEntry:
    path = f"data/{name}/{bucket:03d}.parquet"
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    texts = {column.name: "string" for column in TABLES[name].columns if column.kind == "text"}
    frame.astype(texts).sort_values(CLIENT, kind="stable").to_parquet(file, index=False)
    content = file.read_bytes()
    return FileEntry(path, hashlib.sha256(content).hexdigest(), len(content), len(frame), bucket, "bench")
