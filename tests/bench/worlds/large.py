"""The project's own road on a large store: bucket files, `python -m features.histories`, parts in Parquet."""

import hashlib
import json
import shutil
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import yaml

from features.manifest import FileEntry, Manifest, publish_manifest
from tests.bench import wanted
from tests.bench.measure import Spent, command
from tests.bench.report import Figure, tell
from tests.bench.worlds import events

CLIENTS, HALF = 200_000, 100_000
CLIENTS_PER_BUCKET = 3_125
"""The number of buckets grows with the county, so what a process holds at once does not."""
MOST_SECONDS, MOST_BYTES, FLAT = 60.0, 3 * (1 << 30), 1.15
GIB = 1 << 30


@dataclass(frozen=True)
class Road:
    """A generated store of some clients, and the config that builds its histories."""

    folder: Path
    clients: int

    @classmethod
    def of(cls, bench: Path, clients: int) -> "Road":
        return cls(bench / f"county-{clients}-{events.version()}", clients)

    @property
    def rows(self) -> int:
        return self.clients * len(events.AS_OF)

    @property
    def events(self) -> int:
        return self.clients * events.EVENTS_PER_CLIENT

    def made(self) -> "Road":
        """The store, unless it is there already."""
        if not (self.folder / "histories.yaml").exists():
            tell(f"histories: generating {self.events:,} events of {self.clients:,} clients")
            shutil.rmtree(self.folder, ignore_errors=True)
            _store(self.folder / "store", self.clients)
            _configs(self.folder)
        return self

    def build(self, processes: int = 2) -> Spent:
        """Build its histories from nothing; time and memory of the whole command."""
        shutil.rmtree(self.folder / "histories", ignore_errors=True)
        tell(f"histories: {self.clients:,} clients, {processes} processes")
        file = self.folder / "histories.yaml"
        settings = yaml.safe_load(file.read_text())
        file.write_text(yaml.safe_dump({**settings, "processes": processes}))
        spent = command([sys.executable, "-m", "features.histories", "--config", str(file)])
        shutil.rmtree(self.folder / "histories")
        return spent


def figures(bench: Path) -> dict[str, Figure]:
    """Both sizes, their table, their figures."""
    half, whole = Road.of(bench, HALF).made(), Road.of(bench, CLIENTS).made()
    spent = {road: road.build() for road in (half, whole)}
    print(f"\n{'bucketed, 2 processes':<28}{'s':>9}{'cpu s':>9}{'rows/s':>12}{'events/s':>12}{'peak GiB':>10}")
    for road, one in spent.items():
        line = f"{one.seconds:>9.1f}{one.cpu_seconds:>9.1f}{road.rows / one.seconds:>12,.0f}"
        line += f"{road.events / one.seconds:>12,.0f}{one.peak_bytes / GIB:>10.2f}"
        print(f"{f'{road.clients:,} clients':<28}{line}")
    return {
        "large_seconds": Figure(spent[whole].seconds, "s", at_most=MOST_SECONDS),
        "large_peak": Figure(spent[whole].peak_bytes / GIB, "GiB", at_most=MOST_BYTES / GIB),
        "large_peak_over_half": Figure(spent[whole].peak_bytes / spent[half].peak_bytes, "ratio", at_most=FLAT),
    }


def _store(folder: Path, clients: int) -> None:
    """As the ingest leaves it: one file per table and bucket, and the manifest."""
    buckets = clients // CLIENTS_PER_BUCKET
    files: dict[str, list[FileEntry]] = {"contacts": [], "residents": []}
    for bucket in range(buckets):
        people = events.People.of(CLIENTS_PER_BUCKET, bucket, buckets)
        files["contacts"].append(_stored(folder, "contacts", events.contacts(people), bucket))
        files["residents"].append(_stored(folder, "residents", events.residents(people), bucket))
    tables = {name: tuple(entries) for name, entries in files.items()}
    until = str(date(2023, 12, 31))
    publish_manifest(folder, Manifest(key_id="bench", n_buckets=buckets, data_until=until, tables=tables))


def _stored(folder: Path, name: str, table: pa.Table, bucket: int) -> FileEntry:
    path = f"data/{name}/{bucket:03d}.parquet"
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    events.write(table, file)
    content = file.read_bytes()
    return FileEntry(path, hashlib.sha256(content).hexdigest(), len(content), len(table), bucket, "bench")


def _configs(folder: Path) -> None:
    catalogue = {**json.loads(wanted.catalogue().to_json()), "sources": "configs/catalogue.yaml"}
    kept = {name: catalogue[name] for name in ("sources", "observed_from", "dimensions", "families")}
    families = {name: _declared(family) for name, family in kept["families"].items()}
    (folder / "features.yaml").write_text(yaml.safe_dump({**kept, "families": families}, sort_keys=False))
    settings = {
        "var": f"var/bench/{folder.name}",
        "catalogue": str(folder / "features.yaml"),
        "dates": {"first": str(events.AS_OF[0]), "last": str(events.AS_OF[-1]), "step": "month"},
        "vocabulary_until": str(events.AS_OF[0]),
    }
    (folder / "histories.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))


def _declared(family: dict[str, object]) -> dict[str, object]:
    """A family as somebody writes it: without its id and what is left out."""
    return {name: value for name, value in family.items() if name != "id" and value not in (None, [], {})}
