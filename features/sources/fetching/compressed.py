"""A compressed delivery is unpacked as a stream, with limits on size and ratio: a bomb is refused before it is big."""

import gzip
import zlib
from pathlib import Path
from typing import Protocol

from pydantic import Field

from configs.errors import DataError
from configs.loader import StrictConfig

BLOCK = 1 << 20
MB = 1 << 20
FREE = 16 * MB
"""Unpacked bytes below which the ratio is not looked at: a small file of equal rows packs very well."""


class Readable(Protocol):
    """Gives bytes, a block at a time."""

    def read(self, size: int, /) -> bytes: ...


class Writable(Protocol):
    """Takes bytes."""

    def write(self, block: bytes, /) -> int: ...


class Limits(StrictConfig):
    """How large a delivery may be."""

    max_file_mb: int = Field(default=50_000, ge=1, description="of a file as it was delivered, or as it was unpacked")
    max_ratio: int = Field(default=200, ge=2, description="unpacked size against packed size; CSV packs 5 to 50 times")

    def check_size(self, name: str, size: int) -> None:
        """Raise DataError when a delivered or unpacked file is too large."""
        if size > self.max_file_mb * MB:
            raise DataError(
                f"{name} is larger than the limit of {self.max_file_mb} MB. Deliver it in parts, or raise "
                "`limits.max_file_mb`."
            )

    def check_unpacked(self, name: str, packed: int, unpacked: int) -> None:
        """Raise DataError while a file is being unpacked, as soon as a limit is passed."""
        self.check_size(name, unpacked)
        if unpacked > max(FREE, self.max_ratio * packed):
            raise DataError(
                f"{name} unpacks to more than {self.max_ratio} times its size, which no register extract does. "
                "Deliver it again, or raise `limits.max_ratio`."
            )


def unpack_gzip(file: Path, target: Path, limits: Limits) -> Path:
    """Unpack `file` into `target`, block by block.  Raises DataError when it is damaged or passes a limit."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with gzip.open(file, "rb") as stream, target.open("wb") as out:
            copy_within(stream, out, file.name, file.stat().st_size, limits)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        target.unlink(missing_ok=True)
        raise DataError(f"{file.name} is not a whole gzip file. Deliver it again.") from None
    except DataError:
        target.unlink(missing_ok=True)
        raise
    return target


def copy_within(stream: Readable, out: Writable, name: str, packed: int, limits: Limits) -> int:
    """Copy unpacked bytes as long as they keep to the limits; the number of bytes."""
    unpacked = 0
    while block := stream.read(BLOCK):
        unpacked += len(block)
        limits.check_unpacked(name, packed, unpacked)
        out.write(block)
    return unpacked
