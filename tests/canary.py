"""Looks for a fictional person's henkilötunnus in everything that a service wrote: nothing may hold it (P7)."""

import base64
import gzip
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

DELIVERED = ("extracts", "truth", "sources")
"""Folders of what came in: registers hold identifiers by their nature, and the service does not write them."""


def canary_hits(identifiers: Iterable[str], *places: Path | str) -> list[str]:
    """Where one of the identifiers stands, in any usual spelling; files by name, texts as `text`.

    Folders are walked; packed and columnar files are unpacked before they are searched.
    """
    pattern = re.compile(b"|".join(re.escape(one) for text in identifiers for one in spellings(text)), re.IGNORECASE)
    return [name for place in places for name, content in _contents(place) if pattern.search(content)]


def spellings(identifier: str) -> Iterator[bytes]:
    """The identifier as it is, without its separator, in UTF-16, in hexadecimal and in base64 at any offset."""
    plain = identifier.encode("ascii")
    yield plain
    yield plain[:6] + plain[7:]
    yield identifier.encode("utf-16-le")
    yield plain.hex().encode("ascii")
    for offset in range(3):
        # Without the characters that depend on what stands before and after.
        yield base64.b64encode(b"\0" * offset + plain)[4 if offset else 0 : -4]


def _contents(place: Path | str) -> Iterator[tuple[str, bytes]]:
    if isinstance(place, str):
        yield "text", place.encode("utf-8", "surrogateescape")
        return
    files = sorted(place.rglob("*")) if place.is_dir() else [place]
    for file in files:
        inside = set(file.relative_to(place).parts) if place.is_dir() else set()
        if file.is_file() and not inside & set(DELIVERED):
            yield file.name, _unpacked(file)


def _unpacked(file: Path) -> bytes:
    content = file.read_bytes()
    if content[:2] == b"\x1f\x8b":
        return gzip.decompress(content)
    if content[:4] == b"PAR1" and content[-4:] == b"PAR1":
        return "\n".join(_texts(pq.read_table(file))).encode()
    return content


def _texts(table: pa.Table) -> Iterator[str]:
    """Every different value of every column that is no number or time."""
    for column in table.columns:
        if pa.types.is_nested(column.type):
            yield repr(column.to_pylist())
        elif not (pa.types.is_primitive(column.type) or pa.types.is_temporal(column.type)):
            yield from (str(value) for value in column.unique().to_pylist())
