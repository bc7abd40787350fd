"""The marker beside a complete delivery: what its sender promises."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from configs.errors import DataError
from features.sources.fetching.places import marker_of


@dataclass(frozen=True)
class Marker:
    """What the sender promises of a complete file."""

    sha256: str | None = None
    rows: int | None = None
    covers_until: date | None = None

    def check_sha256(self, name: str, sha256: str) -> None:
        """Raise DataError when the bytes are not the promised ones."""
        if self.sha256 is not None and self.sha256 != sha256:
            raise DataError(
                f"{name} has the checksum {sha256[:12]}…, {self.sha256[:12]}… was promised. Fetch it again."
            )


def read_marker(file: Path) -> Marker:
    """The marker of a delivered file.  Raises DataError when it is not one."""
    try:
        content = json.loads(marker_of(file).read_text(encoding="utf-8"))
        until = content.get("covers_until")
        return Marker(content["sha256"], content["rows"], date.fromisoformat(until) if until else None)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DataError(
            f"{marker_of(file).name} is not a marker. "
            'It holds JSON: {"sha256": "...", "rows": 123, "covers_until": "2024-12-31"}.'
        ) from None


def missing_marker(file: Path) -> str:
    """What is said of a file that nobody has called complete."""
    return f"{file.name} has no {marker_of(file).name} beside it: it may still be being written. Wait for it."
