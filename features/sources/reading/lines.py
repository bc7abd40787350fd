"""Lines of a piece told apart: plain ones are cut into cells here, odd ones are left to the exact rules of SQL.

A line is plain when it holds no quote, no mark of a broken character, and as many fields as the header.  Nearly all
lines of nearly all files are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from features.sources.reading.pieces import BROKEN_MARK, CONTROL_MARK, Piece

MARKS = (BROKEN_MARK.encode(), b"\xef\xbb\xbf")
"""Characters that take a line to the exact rules: a broken one, and a byte order mark amid the file."""

BATCH_BYTES = 1 << 22
"""Bytes of one batch of rows: longer than any line, and several to a piece, so that both cores work on it."""

STRIP = 1 << 17
"""Bytes looked at together: they stay in the processor's cache."""

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Lines:
    """`plain` has one text column per column of the file and `line`; `odd` has `line` and the text `t`."""

    plain: pa.Table
    odd: pa.Table
    has_edges: bool
    """True when a cell begins or ends with a space."""


def split_lines(piece: Piece, header: Sequence[str], wanted: Sequence[str], separator: str) -> Lines:
    """Cut the plain lines of the piece at `separator`; keep the cells of the `wanted` columns."""
    ends = np.flatnonzero(np.frombuffer(piece.text, np.uint8) == ord("\n"))
    is_odd = _odd(piece, ends) if separator.isascii() else np.ones(len(ends), bool)
    plain, misfits = _cut(_without(piece.text, ends, is_odd), header, wanted or header[:1], separator)
    places = np.flatnonzero(~is_odd)
    is_odd[places[misfits]] = True
    lines = pa.array(np.flatnonzero(~is_odd) + piece.first_line)
    odd = _texts(piece, ends, np.flatnonzero(is_odd))
    return Lines(plain.append_column("line", lines), odd, not separator.isascii() or _has_edges(piece.text, separator))


def _odd(piece: Piece, ends: Places) -> NDArray[np.bool_]:
    """Empty lines, and lines that hold a quote or a mark."""
    is_odd = np.diff(ends, prepend=-1) == 1
    text = np.frombuffer(piece.text, np.uint8)
    for mark in (b'"', CONTROL_MARK.encode()):
        if mark in piece.text:
            is_odd[np.searchsorted(ends, np.flatnonzero(text == mark[0]))] = True
    if not piece.is_ascii:
        found = [place for mark in MARKS for place in _found(piece.text, mark)]
        is_odd[np.searchsorted(ends, found)] = True
    return is_odd


def _has_edges(text: bytes, separator: str) -> bool:
    """True when a space stands beside a separator or a line end."""
    for start in range(0, len(text), STRIP):
        strip = np.frombuffer(text[start : start + STRIP + 1], np.uint8)
        is_space, is_edge = strip == ord(" "), (strip == ord(separator)) | (strip == ord("\n"))
        if (is_space[1:] & is_edge[:-1]).any() or (is_space[:-1] & is_edge[1:]).any():
            return True
    return text.startswith(b" ")


def _found(text: bytes, mark: bytes) -> list[int]:
    places, place = [], text.find(mark)
    while place >= 0:
        places.append(place)
        place = text.find(mark, place + len(mark))
    return places


def _without(text: bytes, ends: Places, is_odd: NDArray[np.bool_]) -> bytes:
    """The text without its odd lines."""
    odd = np.flatnonzero(is_odd)
    if not len(odd):
        return text
    starts = _starts(ends)
    cuts = zip([0, *(ends[odd] + 1).tolist()], [*starts[odd].tolist(), len(text)], strict=True)
    view = memoryview(text)
    return b"".join([view[start:end] for start, end in cuts if start < end])


def _starts(ends: Places) -> Places:
    return np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1]) if len(ends) else ends


def _cut(text: bytes, header: Sequence[str], wanted: Sequence[str], separator: str) -> tuple[pa.Table, list[int]]:
    """The cells of the lines that have as many fields as the header, and the places of those that have not."""
    misfits: list[int] = []

    def skip(row: arrow_csv.InvalidRow) -> str:
        misfits.append(row.number - 1)
        return "skip"

    if not text:
        return pa.table({name: pa.array([], pa.string()) for name in wanted}), misfits
    cells = arrow_csv.read_csv(
        pa.py_buffer(text),
        # One thread: only then does a row know its number.
        read_options=arrow_csv.ReadOptions(use_threads=False, column_names=list(header), block_size=BATCH_BYTES),
        parse_options=arrow_csv.ParseOptions(
            delimiter=separator, quote_char=False, ignore_empty_lines=False, invalid_row_handler=skip
        ),
        convert_options=arrow_csv.ConvertOptions(
            check_utf8=False,
            include_columns=list(wanted),
            column_types=dict.fromkeys(wanted, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    return cells, misfits


def _texts(piece: Piece, ends: Places, odd: Places) -> pa.Table:
    starts = _starts(ends)[odd].tolist()
    view = piece.text
    texts = [view[start:end].decode() for start, end in zip(starts, ends[odd].tolist(), strict=True)]
    columns = {"line": pa.array(odd + piece.first_line, pa.int64()), "t": pa.array(texts, pa.string())}
    return pa.table(columns)
