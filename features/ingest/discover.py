"""Which delivered files there are to read, and whether each is complete."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from configs.errors import ConfigError, DataError
from configs.loader import PROJECT_ROOT, resolve_path
from features.sources.mapping import SourceMapping, load_mapping

DATA_VARIABLE = "LUOTAIN_DATA"
DATA_DEFAULT = "../shared/data"
MARKER = ".complete"


@dataclass(frozen=True)
class Marker:
    """What the sender promises of a complete file."""

    sha256: str | None = None
    rows: int | None = None
    covers_until: date | None = None


@dataclass(frozen=True)
class Found:
    """A complete file and the mapping that reads it."""

    file: Path
    mapping: SourceMapping
    marker: Marker


def mappings_of(patterns: Sequence[str]) -> list[SourceMapping]:
    """The mappings that the config's globs name, sorted by name.  Raises ConfigError when a glob names none."""
    files: list[Path] = []
    for pattern in patterns:
        base = resolve_path(pattern) if not any(mark in pattern for mark in "*?[") else PROJECT_ROOT / pattern
        found = sorted(base.parent.glob(base.name))
        if not found:
            raise ConfigError(f"No mapping file matches `{pattern}`. Name existing files under `sources:`.")
        files += found
    return [load_mapping(str(file)) for file in dict.fromkeys(files)]


def data_folder() -> Path:
    """Where public input files lie: LUOTAIN_DATA, else beside the project."""
    given = Path(os.environ.get(DATA_VARIABLE) or DATA_DEFAULT).expanduser()
    return given if given.is_absolute() else PROJECT_ROOT / given


def find(mappings: Sequence[SourceMapping], var: Path) -> Iterator[Found]:
    """The complete files of every mapping.  Raises DataError for a mapping without any, unless it is optional."""
    for mapping in mappings:
        files = _files(mapping, var)
        if mapping.optional and not files:
            continue
        complete = [file for file in files if not mapping.complete_marker or _marker_of(file).exists()]
        if not complete:
            raise DataError(_none_found(mapping, files))
        for file in complete:
            yield Found(file, mapping, _read_marker(file) if mapping.complete_marker else Marker(mapping.sha256))


def _files(mapping: SourceMapping, var: Path) -> list[Path]:
    pattern = mapping.files
    base = var
    if pattern.startswith("${" + DATA_VARIABLE + "}"):
        base, pattern = data_folder(), pattern.removeprefix("${" + DATA_VARIABLE + "}").lstrip("/")
    if Path(pattern).is_absolute():
        base, pattern = Path("/"), pattern.lstrip("/")
    return [file for file in sorted(base.glob(pattern)) if file.is_file() and not file.name.endswith(MARKER)]


def _none_found(mapping: SourceMapping, files: Sequence[Path]) -> str:
    if files:
        return f"{files[0].name} has no {files[0].name}{MARKER} beside it: it may still be being written. Wait for it."
    if mapping.origin:
        name = mapping.files.rsplit("/", 1)[-1]
        return (
            f"The file {name} is missing: it comes from {mapping.origin} (sha256 {mapping.sha256}); put it into the "
            f"folder that {DATA_VARIABLE} names (default {DATA_DEFAULT})."
        )
    return (
        f"No file matches `{mapping.files}` of the source {mapping.source}. Deliver it, or type "
        "`python -m features.simulator` for the demo's extracts."
    )


def _marker_of(file: Path) -> Path:
    return file.with_name(file.name + MARKER)


def _read_marker(file: Path) -> Marker:
    try:
        content = json.loads(_marker_of(file).read_text(encoding="utf-8"))
        until = content.get("covers_until")
        return Marker(content["sha256"], content["rows"], date.fromisoformat(until) if until else None)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DataError(
            f"{_marker_of(file).name} is not a marker. "
            'It holds JSON: {"sha256": "...", "rows": 123, "covers_until": "2024-12-31"}.'
        ) from None
