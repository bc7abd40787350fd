"""A file of named arrays: whole and checksummed, or refused.

Arrays first, then a table of contents (JSON), then a trailer: the length of the contents, the SHA-256 of all before,
and a magic word.  A file that was cut off has no trailer; a file with a changed byte has another checksum.
"""

import hashlib
import json
import mmap
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from configs.errors import DataError
from features.manifest import flush_folder

MAGIC = b"luotain1"
TRAILER = 8 + 32 + len(MAGIC)
ALIGNED = 64
CHUNK = 1 << 24


class SectionWriter:
    """Arrays of known length, written in parts and in any order; later ones may be added whole."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self._end = 0
        self._sections: dict[str, tuple[int, str, int]] = {}

    def reserve(self, name: str, kind: str, length: int) -> None:
        """Room for an array of `length` numbers of a NumPy kind, e.g. `<i8`."""
        self._sections[name] = (self._end, kind, length)
        size = length * np.dtype(kind).itemsize
        self._end += size + -size % ALIGNED

    def put(self, name: str, start: int, values: np.ndarray) -> None:
        """Write the numbers from place `start` on."""
        position, kind, length = self._sections[name]
        if start + len(values) > length:
            raise DataError(f"The packed file has no room for {start + len(values)} values of {name}.")
        self._write(np.ascontiguousarray(values, kind).tobytes(), position + start * np.dtype(kind).itemsize)

    def add(self, name: str, values: np.ndarray) -> None:
        """A whole array."""
        self.reserve(name, values.dtype.str, len(values))
        self.put(name, 0, values)

    def finish(self, facts: Mapping[str, Any]) -> None:
        """Write contents and trailer, and flush to disk."""
        contents = json.dumps({"facts": facts, "sections": self._sections}, sort_keys=True).encode()
        self._write(contents, self._end)
        checksum = _checksum(self._handle, self._end + len(contents))
        self._write(len(contents).to_bytes(8, "little") + checksum + MAGIC, self._end + len(contents))
        os.fsync(self._handle)

    def _write(self, content: bytes, position: int) -> None:
        view = memoryview(content)
        while len(view):
            written = os.pwrite(self._handle, view, position)
            view, position = view[written:], position + written


@contextmanager
def new_sections(file: Path) -> Iterator[SectionWriter]:
    """A writer whose file appears under its name only when it was finished; readable by its owner alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        yield SectionWriter(handle)
        beside.replace(file)
        flush_folder(file.parent)
    finally:
        os.close(handle)
        beside.unlink(missing_ok=True)


@dataclass(frozen=True)
class Sections:
    """A checked file: its facts, and its arrays as they lie in memory-mapped pages."""

    facts: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]


def read_sections(file: Path) -> Sections:
    """Map a file that `new_sections` wrote.  Raises DataError when it is damaged or cut off."""
    with file.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size < TRAILER:
            raise _damaged(file)
        mapped = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    body, length, checksum = size - TRAILER, int.from_bytes(mapped[size - TRAILER :][:8], "little"), size - TRAILER + 8
    is_whole = mapped[size - len(MAGIC) :] == MAGIC and length <= body
    if not is_whole or hashlib.sha256(mapped[:body]).digest() != mapped[checksum : checksum + 32]:
        raise _damaged(file)
    contents = json.loads(bytes(mapped[body - length : body]))
    arrays = {
        name: np.frombuffer(mapped, np.dtype(kind), count, position)
        for name, (position, kind, count) in contents["sections"].items()
    }
    return Sections(contents["facts"], arrays)


def _damaged(file: Path) -> DataError:
    return DataError(f"The packed file {file.name} is damaged or was cut off. Delete it; the service makes it again.")


def _checksum(handle: int, size: int) -> bytes:
    digest = hashlib.sha256()
    for position in range(0, size, CHUNK):
        digest.update(os.pread(handle, min(CHUNK, size - position), position))
    return digest.digest()
