"""A delivered CSV file as pieces of whole physical lines, each as clean UTF-8: a file of any size, a few at a time."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from configs.errors import DataError

PIECE_BYTES = 1 << 25
"""Bytes of a file that are in memory at a time; a piece ends where its last line ends."""

LONGEST_LINE = 1 << 21
"""Bytes that one physical line may have: a file without line ends cannot be read in pieces."""

CONTROL_MARK = "\x01"
"""Stands for any control character; such rows are quarantined."""

BROKEN_MARK = "�"
"""Stands for bytes outside the declared encoding; such rows are quarantined."""

_CONTROLS = (*range(0x09), *range(0x0B, 0x20), 0x7F)
_MARKED = bytes.maketrans(bytes(_CONTROLS), CONTROL_MARK.encode() * len(_CONTROLS))

Item = TypeVar("Item")


@dataclass(frozen=True)
class Piece:
    """Whole lines of a file, every one ended by a line feed; `first_line` counts from 1, the header is line 1."""

    text: bytes
    first_line: int
    n_lines: int
    is_ascii: bool


def csv_pieces(file: Path, name: str, encoding: str, sha256: str, piece_bytes: int) -> Iterator[Piece]:
    """The lines after the header.  Raises DataError when the bytes are not those that gave the checksum."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        digest.update(stream.readline(LONGEST_LINE))
        line = 2
        while block := stream.read(piece_bytes):
            if not block.endswith(b"\n"):
                block += stream.readline(LONGEST_LINE)
            digest.update(block)
            piece = _piece(block, line, name, encoding)
            line += piece.n_lines
            yield piece
    if digest.hexdigest() != sha256:
        raise DataError(f"{name} changed while it was being read. Deliver it again, with its marker last.")


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items, the next one being made while the present one is worked on."""
    with ThreadPoolExecutor(1) as other:
        coming = other.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = other.submit(next, items, None)
            yield item


def _piece(block: bytes, first_line: int, name: str, encoding: str) -> Piece:
    text = _as_utf8(block if block.endswith(b"\n") else block + b"\n", encoding)
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    n_lines = text.count(b"\n")
    if _has_controls(text, n_lines):
        text = text.translate(_MARKED)
    if len(text) > LONGEST_LINE and _longest(text) > LONGEST_LINE:
        raise DataError(f"{name} has a line of more than {LONGEST_LINE:,} bytes. Check that its rows end in line ends.")
    return Piece(text, first_line, n_lines, text.isascii())


def _as_utf8(block: bytes, encoding: str) -> bytes:
    if block.isascii():
        return block
    text = block.decode(encoding, errors="replace")
    return text.encode()


def _has_controls(text: bytes, n_lines: int) -> bool:
    below_space = np.count_nonzero(np.frombuffer(text, np.uint8) < ord(" "))
    return int(below_space) != n_lines + text.count(b"\t") or b"\x7f" in text


def _longest(text: bytes) -> int:
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
    return int(np.diff(ends, prepend=-1).max())
