"""A store with one delivery in it and a second one waiting, and what a whole store looks like."""

import hashlib
from pathlib import Path

import yaml

from features.manifest import read_manifest
from tests.features.deliveries.extracts import ANNA, BERTTA, Extracts, county

KEY = "02" * 32
"""A fixed key: under it the two clients lie in two buckets."""


def waiting(var: Path) -> Extracts:
    """One ingested delivery, a second one waiting."""
    made = county(var)
    made.contacts(f"{ANNA};2024-03-01;;T1;A01;1", name="contacts_1.csv")
    made.ingest()
    made.contacts(f"{ANNA};2024-03-01;;T1;A01;1", f"{BERTTA};2023-03-01;;T1;A01;1", name="contacts_2.csv")
    return made


def config_of(extracts: Extracts, **changed: object) -> Path:
    """The ingest's config as a file, for commands."""
    config = extracts.var / "ingest.yaml"
    values = {
        "var": "x",
        "sources": [f"{extracts.var}/sources/*.yaml"],
        "n_buckets": 4,
        "quarantine_limit": 0.9,
        "identity": {"test_range": "link"},
    }
    config.write_text(yaml.safe_dump({**values, **changed}))
    return config


def is_whole(store: Path) -> bool:
    """Every file that the manifest names is there, with the bytes that it was published with."""
    manifest = read_manifest(store)
    assert manifest is not None
    entries = [entry for table in manifest.tables.values() for entry in table]
    entries += [batch.quarantine for batch in manifest.batches if batch.quarantine]
    return all(hashlib.sha256((store / entry.path).read_bytes()).hexdigest() == entry.sha256 for entry in entries)


def contact_rows(extracts: Extracts) -> int:
    return len(extracts.read())
