"""One look at the bytes of a delivered file before any row is read: its checksum, its size and its first line."""

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError

BLOCK = 1 << 23
"""Bytes read at a time: memory does not grow with the file."""

FIRST_LINE = 1 << 16
"""Bytes that a header line may have."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Scan:
    """What the bytes say."""

    sha256: str
    size: int
    first_line: bytes = b""


def scan_csv(file: Path) -> Scan:
    """Read the file once.  Raises DataError when it is empty or UTF-16."""
    digest = hashlib.sha256()
    size, first = 0, b""
    for block in _blocks(file):
        first = first or block[:FIRST_LINE]
        digest.update(block)
        size += len(block)
    _refuse_unreadable(file, first)
    line = first.split(b"\n", 1)[0].removeprefix(codecs.BOM_UTF8).rstrip(b"\r")
    return Scan(digest.hexdigest(), size, line)


def file_sha256(file: Path) -> str:
    """The checksum of a file of any size."""
    digest = hashlib.sha256()
    for block in _blocks(file):
        digest.update(block)
    return digest.hexdigest()


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield block


def _refuse_unreadable(file: Path, first: bytes) -> None:
    if not first:
        raise DataError(f"{file.name} is empty. Deliver it again with its header line and rows.")
    if first.startswith(_UTF16):
        raise DataError(f"{file.name} is UTF-16. Deliver it as UTF-8, or as cp1252 declared in the mapping.")
