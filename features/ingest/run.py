"""One ingest: every new file read, checked and written, then one manifest published.  All or nothing."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from configs.errors import ConfigError, DataError
from configs.workspace import Workspace
from features.ingest.discover import Found, find, mappings_of
from features.ingest.locking import only_writer, remove_leftovers, scratch_of
from features.ingest.publish import publish
from features.ingest.renamed import read_renamed
from features.ingest.settings import IngestConfig
from features.ingest.settle import Take
from features.keys import key_id, keys_folder, load_key
from features.manifest import FileReport, Manifest, read_manifest
from features.sources.engine import Engine
from features.sources.fetching.fetch import Fetcher, fetching
from features.sources.fetching.query import Power
from features.sources.identities import Identities
from features.sources.reading.read import look
from features.sources.settling.parts import staged_of
from features.sources.stage import Delivery, prepare, stage


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
    key = key_of(config, workspace)
    workspace.store.mkdir(parents=True, exist_ok=True)
    with only_writer(workspace.store), scratch_of(workspace.store) as scratch:
        before = read_manifest(workspace.store) or _empty_store(key_id(key), config)
        _refuse_other_store(before, key, config)
        remove_leftovers(workspace.store)
        power = Power(config.threads, config.memory_mb)
        with fetching(workspace.root, scratch, config.limits, power) as fetcher:
            new, known = _new_deliveries(found, before, fetcher)
        if not new:
            return Outcome((), known, before.sha256)
        engine = Engine(scratch, config.threads, config.memory_mb)
        try:
            manifest = _take_in(engine, config, key, before, new, workspace.store, scratch)
        except BaseException:
            remove_leftovers(workspace.store)
            raise
        finally:
            engine.close()
        return Outcome(manifest.batches[-1].files, known, manifest.sha256)


def key_of(config: IngestConfig, workspace: Workspace) -> bytes:
    """The key of the config's purpose; outside the data folder unless this is development."""
    identity = config.identity
    outside = None if identity.is_development else workspace.root
    return load_key(workspace.keys, identity.create_key, identity.key_seed, identity.purpose, outside)


def _renamed(config: IngestConfig, before: Manifest) -> dict[str, str]:
    """What the service's pseudonyms of before a change of key have become."""
    folder = keys_folder(Workspace.of(config.var).keys)
    return read_renamed(folder, before.purpose, (*before.earlier_keys, before.key_id))


def _empty_store(key: str, config: IngestConfig) -> Manifest:
    return Manifest(key, config.n_buckets, "1900-01-01", purpose=config.identity.purpose)


def _take_in(
    engine: Engine,
    config: IngestConfig,
    key: bytes,
    before: Manifest,
    new: Sequence[Delivery],
    store: Path,
    scratch: Path,
) -> Manifest:
    prepare(engine)
    identities = Identities(engine, key, config.identity.test_range, _renamed(config, before))
    staged = staged_of([delivery.mapping for delivery in new], before.n_buckets, scratch)
    counted = []
    for delivery in tqdm(new, desc="ingest", unit="file", file=sys.stderr, disable=None):
        table = staged[delivery.mapping.table]
        counted.append(stage(engine, delivery, identities, table, before.n_buckets, config.piece_bytes))
    take = Take(list(zip(new, counted, strict=True)), staged, config.quarantine_limit, config.identity.test_range)
    return publish(engine, store, before, take)


def _new_deliveries(
    found: Sequence[Found], before: Manifest, fetcher: Fetcher
) -> tuple[list[Delivery], tuple[str, ...]]:
    """The files that were not ingested before, with the names of those that were."""
    ingested = {report.identity: report.mapping_sha256 for batch in before.batches for report in batch.files}
    new: list[Delivery] = []
    known: list[str] = []
    for one in found:
        fetched = fetcher.fetch(one.file, one.mapping)
        if fetched is None:
            continue
        until = one.marker.covers_until or fetched.covers_until
        delivery = Delivery(len(new), fetched, one.mapping, look(fetched), until, one.marker.rows, one.others)
        _refuse_other_bytes(one, delivery)
        if delivery.identity in ingested:
            if ingested[delivery.identity] != one.mapping.sha256_of_meaning:
                raise ConfigError(_other_mapping(one))
            known.append(delivery.name)
            continue
        ingested[delivery.identity] = one.mapping.sha256_of_meaning
        new.append(delivery)
    return new, tuple(known)


def _refuse_other_bytes(one: Found, delivery: Delivery) -> None:
    promised = one.marker.sha256
    if promised is not None and promised != delivery.sha256:
        raise DataError(
            f"{delivery.name} has the checksum {delivery.sha256[:12]}…, {promised[:12]}… was promised. Fetch it again."
        )


def _other_mapping(one: Found) -> str:
    return (
        f"{one.file.name} was ingested with another version of the mapping of {one.mapping.source}. "
        "Delete the store and ingest everything again, or restore the mapping."
    )


def _refuse_other_store(before: Manifest, key: bytes, config: IngestConfig) -> None:
    if before.purpose != config.identity.purpose:
        raise ConfigError(
            f"The store is for {before.purpose}, the config says `purpose: {config.identity.purpose}`. "
            "Give each purpose a data folder of its own."
        )
    if before.key_id != key_id(key):
        raise ConfigError(
            f"The store was pseudonymised with another key (id {before.key_id}, given {key_id(key)}). Give that key, "
            "or change the store's key with `python -m features.rotate_key`."
        )
    if before.n_buckets != config.n_buckets:
        raise ConfigError(
            f"The store has {before.n_buckets} buckets, the config says {config.n_buckets}. "
            f"Write `n_buckets: {before.n_buckets}`, or delete the store."
        )
