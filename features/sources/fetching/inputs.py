"""The files that a query names, found and unpacked: local, uncompressed and UTF-8, each with its checksum."""

import codecs
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO

from configs.errors import DataError
from features.sources.fetching.compressed import BLOCK, Limits, unpack_gzip
from features.sources.fetching.markers import missing_marker, read_marker
from features.sources.fetching.members import unpack_member
from features.sources.fetching.places import archive_and_member, files_at, marker_of, none_found
from features.sources.formats import Format
from features.sources.mapping import SourceMapping
from features.sources.reading.scan import file_sha256


@dataclass(frozen=True)
class Inputs:
    """For each name in the query its files.

    `sha256` is of the delivered bytes that they were taken from; `covers_until` the last day that all markers promise.
    """

    files: Mapping[str, tuple[Path, ...]]
    sha256: str
    covers_until: date | None


@dataclass
class Unpacked:
    """What was unpacked in this run: an archive that several mappings read is opened once per member."""

    root: Path
    folder: Path
    limits: Limits
    _made: dict[tuple[Path, str | None, str], Path] = field(default_factory=dict)
    _sums: dict[Path, str] = field(default_factory=dict)

    def inputs(self, mapping: SourceMapping) -> Inputs:
        """The inputs of a query mapping.  Raises DataError when one is damaged or passes a limit."""
        places = mapping.format.inputs
        found = {name: _delivered(place, self.root) for name, place in places.items()}
        until = self._promised(found) if mapping.complete_marker else None
        made = {
            name: tuple(self.unpack(file, archive_and_member(places[name])[1], mapping.format) for file in files)
            for name, files in found.items()
        }
        return Inputs(made, self._sum(found), until)

    def unpack(self, file: Path, member: str | None, form: Format) -> Path:
        """The file itself when it is plain UTF-8 or Parquet, else a copy that is."""
        key = (file, member, form.encoding)
        if key not in self._made:
            self.limits.check_size(file.name, file.stat().st_size)
            self._made[key] = self._copied(file, member, form.encoding)
        return self._made[key]

    def _copied(self, file: Path, member: str | None, encoding: str) -> Path:
        target = self.folder / f"{len(self._made):04d}-{Path(member or file.name).name}"
        if member is not None:
            file = unpack_member(file, member, target, self.limits)
        elif file.suffix == ".gz":
            file = unpack_gzip(file, target.with_suffix(""), self.limits)
        if encoding == "utf-8" or file.suffix == ".parquet":
            return file
        return _as_utf8(file, target.with_suffix(".utf8.csv"), encoding)

    def _promised(self, found: Mapping[str, list[Path]]) -> date | None:
        """The last day that every input covers.  Raises DataError when a marker is missing or its checksum differs."""
        days = []
        for file in _once(found):
            if not marker_of(file).exists():
                raise DataError(missing_marker(file))
            marker = read_marker(file)
            marker.check_sha256(file.name, self._file_sum(file))
            days.append(marker.covers_until)
        known = [day for day in days if day is not None]
        return min(known) if len(known) == len(days) else None

    def _sum(self, found: Mapping[str, list[Path]]) -> str:
        """The checksum of the one file that everything comes from, else of all their checksums by name."""
        files = _once(found)
        if len(files) == 1:
            return self._file_sum(files[0])
        lines = [f"{name} {self._file_sum(file)}" for name, several in sorted(found.items()) for file in several]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def _file_sum(self, file: Path) -> str:
        if file not in self._sums:
            self._sums[file] = file_sha256(file)
        return self._sums[file]


def may_be_asked(mapping: SourceMapping, root: Path) -> bool:
    """False for an optional query that lacks an input.  Raises DataError when one that is not optional does."""
    for place in mapping.format.inputs.values():
        if not _delivered(place, root):
            if mapping.optional:
                return False
            raise DataError(none_found(mapping, archive_and_member(place)[0]))
    return True


def _delivered(place: str, root: Path) -> list[Path]:
    return files_at(archive_and_member(place)[0], root)


def _once(found: Mapping[str, list[Path]]) -> list[Path]:
    return sorted({file for files in found.values() for file in files})


def _as_utf8(file: Path, target: Path, encoding: str) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    with file.open("rb") as stream, target.open("w", encoding="utf-8", newline="") as out:
        try:
            out.writelines(codecs.iterdecode(_blocks(stream), encoding))
        except UnicodeDecodeError:
            raise DataError(f"{file.name} is not {encoding} text. Check `encoding` in the mapping.") from None
    return target


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(BLOCK):
        yield block
