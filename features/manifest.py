"""The manifest: the one file that says what the store holds.  Replaced atomically, never edited."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from configs.errors import DataError
from features.identity import TestRange
from features.keys import Purpose

MANIFEST = "manifest.json"
PREVIOUS = "manifests"
FORMAT = 1
UNUSED: Mapping[str, Any] = {
    "test_range": "refuse",
    "purpose": "care",
    "earlier_keys": (),
    "noted": {},
    "valid_from": None,
}
"""What came later, with the value that is left out, so that the checksum of a store made before it stays."""

CODE_VERSION = "0.2.0"
"""Raised when the same extracts would give other rows."""


@dataclass(frozen=True)
class FileEntry:
    """One immutable Parquet file of one table and bucket."""

    path: str
    sha256: str
    size: int
    rows: int
    bucket: int
    batch: str


@dataclass(frozen=True)
class FileReport:
    """What became of the rows of one delivered file: rows = accepted + quarantined + filtered."""

    source: str
    table: str
    name: str
    sha256: str
    mapping_sha256: str
    rows: int
    accepted: int
    filtered: int
    stored: int
    quarantined: Mapping[str, int]
    covers_until: str | None = None
    """The last day that the registers are known until; None where the source does not count for `data_until`."""
    noted: Mapping[str, int] = field(default_factory=dict)
    """What was changed or seen in rows that were kept: `masked:<column>`, `unknown_code:<column>`."""
    valid_from: str | None = None
    """First day of the mapping's validity, where several mappings read the file."""

    def __post_init__(self) -> None:
        found = self.accepted + self.filtered + sum(self.quarantined.values())
        if found != self.rows:
            raise DataError(f"{self.name}: {self.rows} rows came in and {found} are accounted for. Nothing was kept.")

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes the same delivery the same: its bytes, and what it was read as."""
        return (self.sha256, self.source, self.table, *([self.valid_from] if self.valid_from else []))


@dataclass(frozen=True)
class Batch:
    """The files of one ingest."""

    id: str
    files: tuple[FileReport, ...]
    quarantine: FileEntry | None = None


@dataclass(frozen=True)
class Manifest:
    """Everything the store holds."""

    key_id: str
    n_buckets: int
    data_until: str
    tables: Mapping[str, tuple[FileEntry, ...]] = field(default_factory=dict)
    batches: tuple[Batch, ...] = ()
    previous: str | None = None
    test_range: TestRange = "refuse"
    """`link` once rows of temporary or test persons may be in the store: then for good."""
    purpose: Purpose = "care"
    """What the records are pseudonymised for: each purpose has its own key and its own store."""
    earlier_keys: tuple[str, ...] = ()
    """Ids of the keys that this store was under before its key was changed, oldest first."""
    code_version: str = CODE_VERSION
    format: int = FORMAT

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body()).hexdigest()

    def body(self) -> bytes:
        """The canonical bytes that the checksum is of."""
        body = _without_unused(asdict(self))
        for batch in body["batches"]:
            batch["files"] = [_without_unused(report) for report in batch["files"]]
        return _canonical(body)

    def files(self) -> set[str]:
        """Every file that the manifest names."""
        named = {entry.path for entries in self.tables.values() for entry in entries}
        return named | {batch.quarantine.path for batch in self.batches if batch.quarantine}


def read_manifest(store: Path) -> Manifest | None:
    """The store's manifest, or None when nothing was published yet.  Raises DataError when it is damaged."""
    file = store / MANIFEST
    if not file.exists():
        return None
    return _parse(file)


def read_earlier(store: Path, sha256: str) -> Manifest | None:
    """The manifest that the store had under a checksum, or None when it is not kept.  Raises DataError when damaged."""
    file = store / PREVIOUS / f"{sha256}.json"
    if not file.exists():
        return None
    manifest = _parse(file)
    if manifest.sha256 != sha256:
        raise DataError(f"The store's {file.name} is damaged: it holds another manifest. Restore it from a backup.")
    return manifest


def publish_manifest(store: Path, manifest: Manifest) -> None:
    """Make `manifest` the store's content in one step.  Before it, readers see the old; after it, the new."""
    previous = store / PREVIOUS
    previous.mkdir(parents=True, exist_ok=True)
    text = b'{"sha256":"' + manifest.sha256.encode() + b'",\n"body":' + manifest.body() + b"}\n"
    write_atomically(previous / f"{manifest.sha256}.json", text)
    write_atomically(store / MANIFEST, text)


def kept_files(store: Path) -> set[str]:
    """The files named by the manifest or by a kept earlier one."""
    manifests = [_parse(file) for file in sorted((store / PREVIOUS).glob("*.json"))]
    return {path for manifest in manifests for path in manifest.files()}


def write_atomically(file: Path, content: bytes) -> None:
    """Write beside, flush to disk, rename, flush the folder: a reader sees the old content or the new, whole."""
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    with beside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(file)
    flush_folder(file.parent)


def flush_file(file: Path) -> None:
    """Make sure that the file's bytes are on disk."""
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


flush_folder = flush_file


def _without_unused(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in UNUSED or value != UNUSED[name]}


def _canonical(body: dict[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _parse(file: Path) -> Manifest:
    try:
        content = json.loads(file.read_bytes())
        if hashlib.sha256(_canonical(content["body"])).hexdigest() != content["sha256"]:
            raise ValueError("checksum")
        manifest = _manifest(content["body"])
    except (ValueError, KeyError, TypeError):
        raise DataError(
            f"The store's {file.name} is damaged: its checksum does not hold. Restore the data folder from a backup, "
            "or delete the store and type `python -m features.ingest`."
        ) from None
    return manifest


def _manifest(body: dict[str, Any]) -> Manifest:
    if body["format"] != FORMAT:
        raise DataError(f"The store has format {body['format']}, this program reads {FORMAT}. Ingest again.")
    tables = {name: tuple(FileEntry(**entry) for entry in entries) for name, entries in body["tables"].items()}
    batches = tuple(
        Batch(
            id=batch["id"],
            files=tuple(FileReport(**report) for report in batch["files"]),
            quarantine=FileEntry(**batch["quarantine"]) if batch["quarantine"] else None,
        )
        for batch in body["batches"]
    )
    earlier_keys = tuple(body.get("earlier_keys", ()))
    return Manifest(**{**body, "tables": tables, "batches": batches, "earlier_keys": earlier_keys})
