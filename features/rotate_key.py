"""`python -m features.rotate_key --config configs/ingest.yaml`: the store under a new key, every history unbroken.

The identifiers are read once more from the delivered files, and each gets its old and its new pseudonym in memory; the
store is written anew and published in one step.  Nobody's history changes but in its pseudonym.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from configs.command import parse_config_path, run_command, say
from configs.errors import ConfigError, DataError
from configs.loader import load_config
from configs.workspace import Workspace
from features.identity import canonical_henkilotunnus, pseudonymise, pseudonymise_plain
from features.ingest.discover import find, mappings_of
from features.ingest.locking import only_writer, remove_leftovers, scratch_of
from features.ingest.renamed import write_renamed
from features.ingest.run import key_of
from features.ingest.settings import IngestConfig
from features.keys import KEYS_VARIABLE, Purpose, adopt_new_key, key_id, keys_folder, load_new_key, variable
from features.manifest import Batch, Manifest, publish_manifest, read_manifest
from features.sources.engine import Engine
from features.sources.fetching.fetch import Fetcher, fetching
from features.sources.fetching.query import Power
from features.sources.identities import Identities
from features.sources.mapping import SourceMapping
from features.sources.reading.read import look, read_pieces
from features.sources.settling.rekey import know_pairs, pseudonymised, rekey_table
from features.sources.stage import Delivery
from features.tables import TABLES


@dataclass(frozen=True)
class Rotated:
    """The store's new snapshot and the ids of the two keys; `adopted` when a new key file took the old one's place."""

    sha256: str
    old_key: str
    new_key: str
    clients: int
    adopted: bool


def main(argv: Sequence[str] | None = None) -> int:
    """Change the key and say what to do with the old one."""
    config = parse_config_path(
        argv, "features.rotate_key", "Put the store under a new pseudonym key.", "configs/ingest.yaml"
    )
    return run_command(lambda: _tell(rotate(load_config(config, IngestConfig)), load_config(config, IngestConfig)))


def rotate(config: IngestConfig) -> Rotated:
    """Put the store under the new key of the config's purpose.  Raises LuotainError and leaves the store as it is."""
    workspace, purpose = Workspace.of(config.var), config.identity.purpose
    old = key_of(config, workspace)
    new = _new_key(config, workspace, old)
    if not workspace.store.exists():
        raise DataError("There is no store whose key could be changed. Type `python -m features.ingest` first.")
    with only_writer(workspace.store):
        before = _before(read_manifest(workspace.store), purpose, key_id(old), key_id(new))
        clients = 0
        if before.key_id != key_id(new):  # else an earlier run was stopped after publishing
            before, clients = _republish(config, workspace, before, old, new)
        adopted = adopt_new_key(workspace.keys, purpose)
    return Rotated(before.sha256, key_id(old), key_id(new), clients, adopted)


def _new_key(config: IngestConfig, workspace: Workspace, old: bytes) -> bytes:
    purpose = config.identity.purpose
    outside = None if config.identity.is_development else workspace.root
    new = load_new_key(workspace.keys, config.identity.create_key, purpose, outside)
    if new is None:
        raise ConfigError(
            f"There is no new key. Set {variable(purpose)}_NEW to 64 hexadecimal characters, or put "
            f"`{purpose}.new.key` beside the present key file."
        )
    if new == old:
        raise ConfigError("The new key is the present one. Make another.")
    if outside is not None and keys_folder(workspace.keys).resolve().is_relative_to(outside.resolve()):
        raise ConfigError(
            f"Set {KEYS_VARIABLE} to a folder outside the data: the list of old and new pseudonyms is kept there."
        )
    return new


def _before(before: Manifest | None, purpose: Purpose, old: str, new: str) -> Manifest:
    if before is None:
        raise DataError("There is no store whose key could be changed. Type `python -m features.ingest` first.")
    if before.purpose != purpose or before.key_id not in (old, new):
        raise ConfigError(
            f"The store is for {before.purpose} and under the key {before.key_id}; given are {purpose} and {old}. "
            "Give the key that the store is under."
        )
    return before


def _republish(
    config: IngestConfig, workspace: Workspace, before: Manifest, old: bytes, new: bytes
) -> tuple[Manifest, int]:
    store = workspace.store
    remove_leftovers(store)
    with scratch_of(store) as scratch:
        engine = Engine(scratch, config.threads, config.memory_mb)
        try:
            mappings, identities = mappings_of(config.sources), Identities(engine, old, "link")
            power = Power(config.threads, config.memory_mb)
            with fetching(workspace.root, scratch, config.limits, power) as fetcher:
                for delivery in _ingested(mappings, workspace, before, fetcher):
                    for _ in read_pieces(engine, delivery.fetched, delivery.mapping, delivery.scan, config.piece_bytes):
                        identities.learn(delivery.mapping)
            clients, others = _pairs(engine, new)
            know_pairs(engine, others | clients)
            folder = keys_folder(workspace.keys)
            write_renamed(folder, config.identity.purpose, key_id(old), key_id(new), clients)
            after = _rekeyed(engine, workspace, before, mappings, key_id(new))
        except BaseException:
            remove_leftovers(store)
            raise
        finally:
            engine.close()
    publish_manifest(store, after)
    return after, len(clients)


def _rekeyed(
    engine: Engine, workspace: Workspace, before: Manifest, mappings: Sequence[SourceMapping], new: str
) -> Manifest:
    batch = hashlib.sha256(f"{before.sha256}\n{new}".encode()).hexdigest()[:12]
    columns = pseudonymised(mappings)
    tables = {
        name: rekey_table(
            engine, TABLES[name], workspace.store, entries, columns.get(name, ()), batch, before.n_buckets
        )
        for name, entries in before.tables.items()
    }
    return replace(
        before,
        key_id=new,
        earlier_keys=(*before.earlier_keys, before.key_id),
        tables=tables,
        batches=(*before.batches, Batch(batch, ())),
        previous=before.sha256,
    )


def _ingested(
    mappings: Sequence[SourceMapping], workspace: Workspace, before: Manifest, fetcher: Fetcher
) -> Iterator[Delivery]:
    """The deliveries that the store was made from, as far as they are still there; what is asked for is asked again."""
    known = {report.identity for batch in before.batches for report in batch.files}
    for found in find(mappings, workspace.root):
        fetched = fetcher.fetch(found.file, found.mapping)
        if fetched is not None:
            delivery = Delivery(0, fetched, found.mapping, look(fetched), others=found.others)
            if delivery.identity in known or found.mapping.format.is_asked:
                yield delivery


def _pairs(engine: Engine, new: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Old and new pseudonym of every person, and of every other identifier, in the delivered files."""
    people = engine.run("SELECT raw, id FROM ids_henkilotunnus WHERE id IS NOT NULL")
    others = engine.run("SELECT raw, id FROM ids_plain WHERE id IS NOT NULL")
    return (
        {was: pseudonymise(new, canonical_henkilotunnus(raw, "link")) for raw, was in people},
        {was: pseudonymise_plain(new, raw) for raw, was in others},
    )


def _tell(rotated: Rotated, config: IngestConfig) -> None:
    say(f"The store is under the key {rotated.new_key} (before: {rotated.old_key}); snapshot {rotated.sha256[:12]}.")
    if rotated.adopted:
        say(f"The new key file took its place; the old one is kept as `*.{rotated.old_key}.old.key`.")
    else:
        say(f"Now give the new key in {variable(config.identity.purpose)}, and take the variable ending in _NEW away.")
    say("Earlier snapshots are still under the old key: destroy the key when their retention has ended.")
    say("Build the histories again: `python -m features.histories`.")


if __name__ == "__main__":
    raise SystemExit(main())
