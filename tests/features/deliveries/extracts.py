"""Small register extracts for tests: files with markers, their mapping, and one call to ingest them."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from features.identity import CHECK_CHARACTERS
from features.ingest.discover import DATA_VARIABLE, data_folder
from features.ingest.run import Outcome, ingest
from features.ingest.settings import Identity, IngestConfig
from features.manifest import FileReport
from features.store import Snapshot, open_snapshot, read_table


def fictional(number: int = 900, birth: str = "010150", separator: str = "-") -> str:
    """A fictional henkilötunnus of the range 900–999."""
    return f"{birth}{separator}{number}{CHECK_CHARACTERS[int(f'{birth}{number}') % 31]}"


ANNA, BERTTA, CECILIA = fictional(901), fictional(902), fictional(903)
STRANGER = fictional(999)

RESIDENTS = {
    "source": "people",
    "table": "residents",
    "files": "extracts/people*.csv",
    "format": {"type": "csv", "separator": ";"},
    "recording_delay_days": 0,
    "legacy_org": {"value": "county"},
    "columns": {
        "client_id": {"from": "hetu", "pseudonymise": "henkilotunnus"},
        "birth_year": {"from": "born"},
        "sex": {"value": "female"},
        "language": {"value": "fi"},
        "municipality": {"value": "901"},
        "history_start": {"value": "2020-01-01"},
        "valid_from": {"value": "2020-01-01"},
        "died_on": {"from": "died"},
        "non_disclosure": {"value": False},
    },
}

CONTACTS = {
    "source": "clinic",
    "table": "contacts",
    "files": "extracts/contacts*.csv",
    "format": {"type": "csv", "separator": ";", "decimal": ","},
    "recording_delay_days": 2,
    "legacy_org": {"value": "county"},
    "columns": {
        "client_id": {"from": "hetu", "pseudonymise": "henkilotunnus"},
        "time": {"from": "time"},
        "recorded_at": {"from": "recorded"},
        "sector": {"value": "primary"},
        "service": {"from": "service", "codes": {"T1": "gp_visit", "T2": "nurse_visit"}},
        "channel": {"value": "in_person"},
        "urgency": {"value": "unknown"},
        "reason": {"from": "reason"},
        "status": {"value": "done"},
        "minutes": {"from": "minutes"},
    },
}

CONTACT_HEADER = "hetu;time;recorded;service;reason;minutes"


@dataclass(frozen=True)
class Extracts:
    """A data folder under construction."""

    var: Path

    def mapping(self, values: dict[str, Any], name: str | None = None, **changed: Any) -> None:
        folder = self.var / "sources"
        folder.mkdir(exist_ok=True)
        (folder / f"{name or values['table']}.yaml").write_text(yaml.safe_dump({**values, **changed}))

    def deliver(self, name: str, content: str | bytes, until: str | None = "2024-12-31", **promised: Any) -> Path:
        """Write an extract and its marker."""
        folder = self.var / "extracts"
        folder.mkdir(exist_ok=True)
        file = folder / name
        raw = content.encode() if isinstance(content, str) else content
        file.write_bytes(raw)
        marker = {"sha256": hashlib.sha256(raw).hexdigest(), "rows": _rows(raw), "covers_until": until, **promised}
        file.with_name(name + ".complete").write_text(json.dumps(marker))
        return file

    def contacts(self, *rows: str, name: str = "contacts.csv", until: str | None = "2024-12-31") -> Path:
        return self.deliver(name, "\n".join([CONTACT_HEADER, *rows]) + "\n", until)

    def ingest(self, **changed: Any) -> Outcome:
        return ingest(self.config(**changed))

    def config(self, **changed: Any) -> IngestConfig:
        settings: dict[str, Any] = {
            "var": str(self.var),
            "sources": (str(self.var / "sources" / "*.yaml"),),
            "identity": Identity(test_range="link", create_key=True),
            "n_buckets": 4,
            "quarantine_limit": 1.0,
            "memory_mb": 400,
        }
        return IngestConfig(**{**settings, **changed})

    @property
    def store(self) -> Path:
        return self.var / "store"

    def snapshot(self) -> Snapshot:
        return open_snapshot(self.store)

    def read(self, table: str = "contacts") -> pd.DataFrame:
        return read_table(self.snapshot(), table)

    def quarantine(self) -> pd.DataFrame:
        """What the last ingest refused."""
        entry = self.snapshot().batches[-1].quarantine
        return pd.read_parquet(self.store / entry.path) if entry else pd.DataFrame({"line": [], "reason": []})

    def reasons(self) -> dict[int, str]:
        """The reason of every refused line."""
        refused = self.quarantine()
        return dict(zip(refused["line"].astype(int), refused["reason"], strict=True))


def report_of(outcome: Outcome, name: str = "contacts.csv") -> FileReport:
    return next(report for report in outcome.files if report.name == name)


def county(var: Path) -> Extracts:
    """Three residents, and a mapping for contacts that has no file yet."""
    extracts = Extracts(var)
    extracts.mapping(RESIDENTS)
    extracts.mapping(CONTACTS)
    extracts.deliver("people.csv", f"hetu;born;died\n{ANNA};1950;\n{BERTTA};1950;2023-06-30\n{CECILIA};1950;\n")
    return extracts


def real_file(name: str) -> Path:
    """A public input file; a test that needs it is skipped where it is missing, but never in CI."""
    file = data_folder() / name
    if not file.exists() and not os.environ.get("CI"):
        pytest.skip(f"{name} is not in the folder that {DATA_VARIABLE} names")
    return file


def _rows(raw: bytes) -> int:
    return raw.count(b"\n") + (not raw.endswith(b"\n")) - 1
