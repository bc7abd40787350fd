"""One look at the bytes of a delivered file: its checksum, how many physical lines it has, and what needs care."""

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from configs.errors import DataError

BLOCK = 1 << 23
"""Bytes read at a time: memory does not grow with the file."""

FIRST_LINE = 1 << 16
"""Bytes that a header line may have."""

CONTROL_MARK = "\x01"
"""Stands in a mended copy for any control character; such rows are quarantined."""

BROKEN_MARK = "�"
"""Stands in a mended copy for bytes outside the declared encoding; such rows are quarantined."""

_CONTROLS = bytes(sorted({*range(0x09), *range(0x0B, 0x20), 0x7F}))
_CONTROL_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Scan:
    """What the bytes say.  `lines` counts physical lines, the header included."""

    sha256: str
    size: int
    lines: int
    starts_with_bom: bool
    has_quotes: bool
    has_controls: bool
    is_ascii: bool
    is_declared_encoding: bool
    first_line: bytes


def scan_csv(file: Path, encoding: str) -> Scan:
    """Read the file once.  Raises DataError when it is empty or UTF-16."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder(encoding)()
    size = lines = 0
    quotes = controls = False
    ascii_only = valid = True
    first = last = b""
    for block in _blocks(file):
        first = first or block[:FIRST_LINE]
        digest.update(block)
        size, last = size + len(block), block[-1:]
        lines += block.count(b"\n")
        quotes = quotes or b'"' in block
        controls = controls or len(block.translate(None, _CONTROLS)) != len(block)
        ascii_only = ascii_only and block.isascii()
        valid = valid and _decodes(decoder, block)
    _refuse_unreadable(file, first)
    return Scan(
        sha256=digest.hexdigest(),
        size=size,
        lines=lines + (last != b"\n"),
        starts_with_bom=first.startswith(codecs.BOM_UTF8),
        has_quotes=quotes,
        has_controls=controls,
        is_ascii=ascii_only,
        is_declared_encoding=valid and _decodes(decoder, b"", final=True),
        first_line=first.split(b"\n", 1)[0].removeprefix(codecs.BOM_UTF8).rstrip(b"\r"),
    )


def file_sha256(file: Path) -> str:
    """The checksum of a file of any size."""
    digest = hashlib.sha256()
    for block in _blocks(file):
        digest.update(block)
    return digest.hexdigest()


def as_clean_utf8(file: Path, encoding: str, scan: Scan, scratch: Path) -> Path:
    """The file itself when it is clean UTF-8 with plain newlines, else a mended copy in `scratch`."""
    is_utf8 = encoding == "utf-8" or scan.is_ascii
    if is_utf8 and scan.is_declared_encoding and not scan.has_controls and not scan.starts_with_bom:
        return file
    copy = scratch / f"{scan.sha256[:16]}.csv"
    decoding = "utf-8-sig" if encoding == "utf-8" else encoding
    with (
        file.open(encoding=decoding, errors="replace", newline="") as stream,
        copy.open("w", encoding="utf-8", newline="") as target,
    ):
        held = ""
        while text := stream.read(BLOCK):
            text = held + text
            held = "\r" if text.endswith("\r") else ""
            target.write(_without_controls(text.removesuffix("\r")))
        target.write(_without_controls(held))
    return copy


def _without_controls(text: str) -> str:
    return _CONTROL_TEXT.sub(CONTROL_MARK, text.replace("\r\n", "\n"))


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            yield block


def _refuse_unreadable(file: Path, first: bytes) -> None:
    if not first:
        raise DataError(f"{file.name} is empty. Deliver it again with its header line and rows.")
    if first.startswith(_UTF16):
        raise DataError(f"{file.name} is UTF-16. Deliver it as UTF-8, or as cp1252 declared in the mapping.")


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True
