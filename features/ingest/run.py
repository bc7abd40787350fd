"""One ingest: every new file read, checked and written, then one manifest published.  All or nothing."""

import fcntl
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from configs.errors import ConfigError, DataError
from configs.workspace import Workspace
from features.identity import key_id, load_key
from features.ingest.discover import Found, find, mappings_of
from features.ingest.publish import publish
from features.ingest.settings import IngestConfig
from features.manifest import FileReport, Manifest, kept_files, read_manifest
from features.sources.engine import Engine
from features.sources.identities import Identities
from features.sources.read import look
from features.sources.scan import Scan
from features.sources.stage import Delivery, prepare, stage

SCRATCH = ".scratch"
LOCK = ".lock"


@dataclass(frozen=True)
class Outcome:
    """What an ingest did: the reports of new files, the names of files that had come before, and the snapshot."""

    files: tuple[FileReport, ...]
    known: tuple[str, ...]
    sha256: str


def ingest(config: IngestConfig) -> Outcome:
    """Read everything new that the config's sources deliver, and publish it.  Raises LuotainError and keeps nothing."""
    workspace = Workspace.of(config.var)
    mappings = mappings_of(config.sources)
    found = list(find(mappings, workspace.root))
    key = load_key(workspace.keys, config.identity.create_key, config.identity.key_seed)
    workspace.store.mkdir(parents=True, exist_ok=True)
    with _only_writer(workspace.store), _scratch(workspace.store) as scratch:
        before = read_manifest(workspace.store) or Manifest(key_id(key), config.n_buckets, "1900-01-01")
        _refuse_other_store(before, key, config)
        _remove_leftovers(workspace.store)
        new, known = _new_deliveries(found, before)
        if not new:
            return Outcome((), known, before.sha256)
        engine = Engine(scratch, config.threads, config.memory_mb)
        try:
            return _take_in(engine, config, key, before, new, known, workspace.store, scratch)
        finally:
            engine.close()


def _take_in(
    engine: Engine,
    config: IngestConfig,
    key: bytes,
    before: Manifest,
    new: Sequence[Delivery],
    known: tuple[str, ...],
    store: Path,
    scratch: Path,
) -> Outcome:
    prepare(engine)
    identities = Identities(engine, key, config.identity.test_range)
    counted = []
    for delivery in tqdm(new, desc="ingest", unit="file", file=sys.stderr, disable=None):
        counted.append(stage(engine, delivery, identities, before.n_buckets, scratch))
    settled = list(zip(new, counted, strict=True))
    manifest = publish(engine, store, before, settled, config.quarantine_limit, config.identity.test_range)
    return Outcome(manifest.batches[-1].files, known, manifest.sha256)


def _new_deliveries(found: Sequence[Found], before: Manifest) -> tuple[list[Delivery], tuple[str, ...]]:
    """The files that were not ingested before, with the names of those that were."""
    ingested = {report.identity: report.mapping_sha256 for batch in before.batches for report in batch.files}
    new: list[Delivery] = []
    known: list[str] = []
    for one in found:
        scan = look(one.file, one.mapping)
        _refuse_other_bytes(one, scan)
        identity = (scan.sha256, one.mapping.source, one.mapping.table)
        if identity in ingested:
            if ingested[identity] != one.mapping.sha256_of_meaning:
                raise ConfigError(_other_mapping(one))
            known.append(one.file.name)
            continue
        ingested[identity] = one.mapping.sha256_of_meaning
        new.append(Delivery(len(new), one.file, one.mapping, scan, one.marker.covers_until, one.marker.rows))
    return new, tuple(known)


def _refuse_other_bytes(one: Found, scan: Scan) -> None:
    promised = one.marker.sha256
    if promised is not None and promised != scan.sha256:
        raise DataError(
            f"{one.file.name} has the checksum {scan.sha256[:12]}…, {promised[:12]}… was promised. Fetch it again."
        )


def _other_mapping(one: Found) -> str:
    return (
        f"{one.file.name} was ingested with another version of the mapping of {one.mapping.source}. "
        "Delete the store and ingest everything again, or restore the mapping."
    )


def _refuse_other_store(before: Manifest, key: bytes, config: IngestConfig) -> None:
    if before.key_id != key_id(key):
        raise ConfigError("The store was pseudonymised with another key. Give that key, or delete the store.")
    if before.n_buckets != config.n_buckets:
        raise ConfigError(
            f"The store has {before.n_buckets} buckets, the config says {config.n_buckets}. "
            f"Write `n_buckets: {before.n_buckets}`, or delete the store."
        )


def _remove_leftovers(store: Path) -> None:
    """Remove the data files of an ingest that was killed: no manifest names them."""
    kept = kept_files(store)
    for file in (*store.glob("data/*/*.parquet"), *store.glob("quarantine/*.parquet"), *store.glob("**/.*.part")):
        if file.relative_to(store).as_posix() not in kept:
            file.unlink()


@contextmanager
def _only_writer(store: Path) -> Iterator[None]:
    with (store / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError("Another ingest is writing this store. Wait until it is ready.") from None
        yield


@contextmanager
def _scratch(store: Path) -> Iterator[Path]:
    """A private folder for copies and spilled rows; emptied before and removed after, whatever happens."""
    scratch = store / SCRATCH
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
