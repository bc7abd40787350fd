"""What fetching gives: a delivery as a local file that can be read in pieces."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

ROW_GROUP = 100_000
"""Rows per row group of a fetched Parquet file: it is read group by group."""


@dataclass(frozen=True)
class Fetched:
    """A local, uncompressed file; `kind` says how it is read from here on, `name` what people call it."""

    file: Path
    kind: Literal["csv", "parquet"]
    name: str
    sha256: str | None = None
    """Checksum of the delivery as it came, where `file` is not it."""
    covers_until: date | None = None
    """The last day that the rows cover, where the source was asked for it."""
    rows: int | None = None
    """Rows of a query's answer; None for a delivered file."""
