"""Which delivered files there are to read, and whether each is complete."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from configs.errors import ConfigError, DataError
from configs.loader import PROJECT_ROOT, resolve_path
from features.sources.checking.validity import check_validity, others_of
from features.sources.fetching.inputs import may_be_asked
from features.sources.fetching.markers import Marker, missing_marker, read_marker
from features.sources.fetching.places import DATA_VARIABLE, data_folder, files_at, marker_of, none_found
from features.sources.mapping import SourceMapping, load_mapping

__all__ = ["DATA_VARIABLE", "Found", "data_folder", "find", "mappings_of"]


@dataclass(frozen=True)
class Found:
    """A complete file and the mapping that reads it."""

    file: Path
    mapping: SourceMapping
    marker: Marker
    others: tuple[SourceMapping, ...] = ()
    """Mappings that read other rows of the same file."""


def mappings_of(patterns: Sequence[str]) -> list[SourceMapping]:
    """The mappings that the config's globs name, sorted by name.  Raises ConfigError when a glob names none."""
    files: list[Path] = []
    for pattern in patterns:
        base = resolve_path(pattern) if not any(mark in pattern for mark in "*?[") else PROJECT_ROOT / pattern
        found = sorted(base.parent.glob(base.name))
        if not found:
            raise ConfigError(f"No mapping file matches `{pattern}`. Name existing files under `sources:`.")
        files += found
    mappings = [load_mapping(str(file)) for file in dict.fromkeys(files)]
    check_validity(mappings)
    return mappings


def find(mappings: Sequence[SourceMapping], var: Path) -> Iterator[Found]:
    """The complete files of every mapping.  Raises DataError for a mapping without any, unless it is optional."""
    for mapping in mappings:
        others = others_of(mapping, mappings)
        if mapping.format.is_asked:
            if may_be_asked(mapping, var):
                yield Found(Path(mapping.source), mapping, Marker(mapping.sha256), others)
            continue
        files = files_at(mapping.files, var)
        if mapping.optional and not files:
            continue
        complete = [file for file in files if not mapping.complete_marker or marker_of(file).exists()]
        if not complete:
            raise DataError(missing_marker(files[0]) if files else none_found(mapping, mapping.files))
        for file in complete:
            marker = read_marker(file) if mapping.complete_marker else Marker(mapping.sha256)
            yield Found(file, mapping, marker, others)
