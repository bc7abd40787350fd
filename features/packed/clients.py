"""Reads a packed file: one client's rows as slices of mapped pages, text by the words of the whole snapshot."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from configs.errors import DataError
from features.columnar import Coded, Columns, Raw, Words
from features.packed.pack import BUCKETS, CLIENTS, FORMAT, pack, packed_columns, packed_tables
from features.packed.sections import Sections, read_sections
from features.store import Snapshot, bucket_of

ENDING = ".packed"


@dataclass(frozen=True)
class PackedClients:
    """The rows of every client of one snapshot.  May be read from several threads."""

    snapshot_sha256: str
    sections: Sections
    words: dict[str, Words] = field(default_factory=dict)

    @cached_property
    def ids(self) -> list[str]:
        """Every client, bucket by bucket."""
        return [client.decode() for client in self.sections.arrays[CLIENTS].tolist()]

    def client(self, client_id: str) -> dict[str, Columns]:
        """Every row of one client, by table; no rows where the client has none."""
        number = self._number(client_id)
        own = Words(np.array([client_id], object))
        return {table.name: self._columns(table.name, number, own) for table in packed_tables()}

    def _number(self, client_id: str) -> int | None:
        bucket = bucket_of(client_id, int(self.sections.facts["n_buckets"]))
        low, high = self.sections.arrays[BUCKETS][bucket : bucket + 2].tolist()
        clients, wanted = self.sections.arrays[CLIENTS], client_id.encode()
        place = low + int(np.searchsorted(clients[low:high], wanted))
        return place if place < high and clients[place] == wanted else None

    def _columns(self, table: str, number: int | None, own: Words) -> Columns:
        arrays = self.sections.arrays
        start, stop = (0, 0) if number is None else arrays[f"{table}/ends"][number : number + 2].tolist()

        def load(name: str) -> Raw:
            if name == "client_id":
                return Coded(np.zeros(stop - start, np.int32), own)
            values = arrays[f"{table}/{name}"][start:stop]
            key = f"{table}/{name}"
            return Coded(values, self.words[key]) if key in self.words else values

        return Columns(stop - start, load, lambda name: arrays[f"{table}/{name}/days"][start:stop])


def read_packed(file: Path, snapshot: Snapshot) -> PackedClients:
    """Map the packed file of a snapshot.  Raises DataError when it is damaged or of something else."""
    sections = read_sections(file)
    facts = sections.facts
    if facts["format"] != FORMAT or facts["snapshot"] != snapshot.sha256:
        raise DataError(f"The packed file {file.name} is of another snapshot or format. Delete it.")
    return PackedClients(snapshot.sha256, sections, _words(sections))


def open_packed(folder: Path, snapshot: Snapshot) -> PackedClients:
    """The packed file of the snapshot in `folder`, made when it is missing or damaged; those of others are deleted.

    Raises DataError or OSError when it cannot be made.
    """
    file = folder / f"{snapshot.sha256[:16]}{ENDING}"
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        try:
            return read_packed(file, snapshot)
        except (DataError, FileNotFoundError):
            pack(snapshot, file)
            for other in folder.glob(f"*{ENDING}"):
                if other != file:
                    other.unlink(missing_ok=True)  # a process that still maps it keeps its pages
    return read_packed(file, snapshot)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process packs, the others wait and find the file."""
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _words(sections: Sections) -> dict[str, Words]:
    """The words of every text column, fetched from the file when first needed."""
    return {
        f"{table.name}/{name}": Words(_fetch(sections, f"{table.name}/{name}"))
        for table in packed_tables()
        for name in packed_columns(table)
        if table.by_name[name].kind == "text"
    }


def _fetch(sections: Sections, key: str) -> Callable[[], np.ndarray]:
    def texts() -> np.ndarray:
        if f"{key}/ends" not in sections.arrays:  # the table has no rows
            return np.array([], object)
        ends, blob = sections.arrays[f"{key}/ends"].tolist(), sections.arrays[f"{key}/words"].tobytes()
        return np.array([blob[a:b].decode() for a, b in pairwise(ends)], object)

    return texts
