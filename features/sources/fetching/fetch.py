"""Every kind of source as a local file: delivered, packed, asked from a database, or joined from several files."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from features.sources.fetching.compressed import Limits, unpack_gzip
from features.sources.fetching.fetched import Fetched
from features.sources.fetching.inputs import Unpacked
from features.sources.fetching.members import only_member, unpack_member
from features.sources.fetching.query import Power, answer
from features.sources.fetching.sql import Databases
from features.sources.mapping import SourceMapping
from features.sources.reading.scan import file_sha256

__all__ = ["Fetched", "Fetcher", "fetching"]

FOLDER = "fetched"


@dataclass
class Fetcher:
    """Fetches the deliveries of one run into its scratch folder."""

    root: Path
    scratch: Path
    limits: Limits
    power: Power
    databases: Databases = field(default_factory=Databases)

    def __post_init__(self) -> None:
        self._folder = self.scratch / FOLDER
        self._unpacked = Unpacked(self.root, self._folder, self.limits)
        self._count = 0

    def fetch(self, file: Path, mapping: SourceMapping) -> Fetched | None:
        """The delivery as a local file, or None when an optional source has nothing to give.  Raises LuotainError."""
        form = mapping.format
        if not form.is_asked:
            self.limits.check_size(file.name, file.stat().st_size)
        if form.type == "parquet" or (form.type == "csv" and file.suffix not in (".gz", ".zip")):
            return Fetched(file, form.type, file.name)
        if form.type == "csv":
            return self._unpack(file)
        fetched = self.databases.fetch(mapping, self._target()) if form.type == "sql" else self._query(mapping)
        return None if mapping.optional and fetched.rows == 0 else fetched

    def _unpack(self, file: Path) -> Fetched:
        target = self._target()
        if file.suffix == ".gz":
            unpack_gzip(file, target, self.limits)
        else:
            unpack_member(file, only_member(file), target, self.limits)
        return Fetched(target, "csv", file.name, file_sha256(file))

    def _query(self, mapping: SourceMapping) -> Fetched:
        inputs = self._unpacked.inputs(mapping)
        name, target = f"{mapping.source} (query)", self._target()
        found = answer(mapping.format, inputs.files, target, self.power, name)
        fetched = Fetched(target, "parquet", name, inputs.sha256, found.covers_until, found.rows)
        return fetched if mapping.format.covers_until else replace(fetched, covers_until=inputs.covers_until)

    def _target(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._count += 1
        return self._folder / f"{self._count:04d}.part"


@contextmanager
def fetching(root: Path, scratch: Path, limits: Limits, power: Power) -> Iterator[Fetcher]:
    """A fetcher whose database transactions end with the block."""
    fetcher = Fetcher(root, scratch, limits, power)
    try:
        yield fetcher
    finally:
        fetcher.databases.close()
