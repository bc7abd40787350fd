"""Random and hand-drawn canonical tables for the tests of histories."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.catalogue import Catalogue
from features.catalogue.families import Family
from features.manifest import FileEntry, Manifest, publish_manifest
from features.store import Snapshot, bucket_of, open_snapshot
from features.tables import TABLES, Table

DEFAULTS: dict[str, dict[str, Any]] = {
    "residents": {
        "birth_year": 1940,
        "sex": "female",
        "language": "fi",
        "municipality": "901",
        "history_start": "2020-01-01",
        "valid_from": "2020-01-01",
        "non_disclosure": False,
    },
    "contacts": {
        "sector": "primary",
        "service": "gp_visit",
        "channel": "in_person",
        "urgency": "non_urgent",
        "status": "done",
    },
    "assessments": {"instrument": "RAI-HC", "scale": "CPS", "respondent": "professional"},
    "episodes": {"kind": "home_care_regular"},
    "plans": {"kind": "care_plan"},
    "diagnoses": {"system": "ICD-10"},
    "requests": {"service": "referral"},
}
WORDS = {"fi": "nimi", "sv": "namn", "en": "name"}


def table_of(name: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """A canonical table as the store gives it.  Without `recorded_at` a row was recorded when it happened."""
    table = TABLES[name]
    filled = [{**DEFAULTS.get(name, {}), "source": "s/a", "legacy_org": "a", **row} for row in rows]
    for row in filled:
        row.setdefault("recorded_at", row[table.time])
    return pd.DataFrame({column.name: _column(table, column.name, filled) for column in table.columns})


def empty_tables() -> dict[str, pd.DataFrame]:
    return {name: table_of(name, []) for name, table in TABLES.items() if table.has_client}


def _column(table: Table, name: str, rows: Sequence[Mapping[str, Any]]) -> Any:
    values = [row.get(name) for row in rows]
    kind = table.by_name[name].kind
    if kind == "text":
        return pd.Categorical(values)
    if kind == "time":
        return np.array([np.datetime64("NaT") if value is None else value for value in values], "datetime64[s]")
    if kind == "flag":
        return np.array(values, bool)
    return np.array([np.nan if value is None else value for value in values], np.float64)


def family(family_id: str, table: str, aggregate: str, **more: Any) -> Family:
    """A family with the words left to the test's imagination."""
    words = {"name": WORDS, "dimension": "health", "role": "risk", "source": "test", "unit": "count"}
    return Family.model_validate_json(
        json.dumps({"id": family_id, "table": table, "aggregate": aggregate, **words, **more})
    )


def catalogue_of(*families: Family, **more: Any) -> Catalogue:
    """A catalogue of some families."""
    held = {one.id: one for one in families}
    values = {"dimensions": {"health": WORDS}, "families": {key: one.model_dump() for key, one in held.items()}, **more}
    return Catalogue.from_json(json.dumps(values))


def store_of(folder: Path, tables: Mapping[str, pd.DataFrame], n_buckets: int = 2) -> Snapshot:
    """A real store that holds `tables`, as the ingest leaves it: one file per table and bucket, sorted by client."""
    entries: dict[str, list[FileEntry]] = {}
    for name, frame in tables.items():
        clients = frame["client_id"].astype(object) if "client_id" in frame else ["0" * 8] * len(frame)
        buckets = np.array([bucket_of(client, n_buckets) for client in clients], np.int64)
        for bucket in sorted(set(buckets.tolist())):
            entries.setdefault(name, []).append(_stored(folder, name, frame[buckets == bucket], bucket))
    held = {name: tuple(files) for name, files in entries.items()}
    publish_manifest(folder, Manifest(key_id="test", n_buckets=n_buckets, data_until="2024-12-31", tables=held))
    return open_snapshot(folder)


def _stored(folder: Path, name: str, frame: pd.DataFrame, bucket: int) -> FileEntry:
    path = f"{name}/{bucket}.parquet"
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    texts = {column.name: "string" for column in TABLES[name].columns if column.kind == "text"}
    typed = frame.astype(texts)
    ordered = typed.sort_values("client_id") if "client_id" in typed else typed
    ordered.to_parquet(file, index=False)
    content = file.read_bytes()
    return FileEntry(path, hashlib.sha256(content).hexdigest(), len(content), len(frame), bucket, "b1")


def dates(*texts: str) -> np.ndarray:
    return np.array(texts, "datetime64[D]")
