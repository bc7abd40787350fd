"""One client at request time: read from the packed file and compute, p50 and p95 over a thousand clients.

`python -m tests.bench.one_client` simulates the demo county into var/bench when it is not there.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from configs.loader import var_folder
from configs.workspace import Workspace
from features.catalogue import Catalogue, load_catalogue
from features.catalogue.specs import feature_names
from features.catalogue.vocabulary import Vocabulary, fit_vocabulary
from features.histories import build_client
from features.packed import PackedClients, open_packed
from features.store import Snapshot, open_snapshot
from tests.bench.report import Figure, finish, tell

CLIENTS, WARM, SEED, TARGET_MS = 1_000, 50, 20_240_101, 5.0
STEPS = (("features.simulator", "configs/county/demo.yaml"), ("features.ingest", "configs/ingest.yaml"))
CATALOGUE = "configs/features.yaml"


@dataclass(frozen=True)
class Asked:
    """Whose rows are built, on which date, with which features."""

    clients: list[str]
    as_of: date
    catalogue: Catalogue
    vocabulary: Vocabulary

    def times(self, store: Snapshot | PackedClients, clients: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Milliseconds of wall and of processor time for each client, read and kernel together."""
        spent = [self._spent(store, client) for client in clients]
        return np.array([wall for wall, _ in spent]) / 1e6, np.array([cpu for _, cpu in spent]) / 1e6

    def _spent(self, store: Snapshot | PackedClients, client: str) -> tuple[int, int]:
        wall, cpu = time.perf_counter_ns(), time.thread_time_ns()
        build_client(store, client, self.as_of, self.catalogue, self.vocabulary)
        return time.perf_counter_ns() - wall, time.thread_time_ns() - cpu


def main() -> None:
    """Make the county, pack it, ask."""
    workspace = made(Workspace(var_folder("var/bench") / "county-demo"))
    snapshot = open_snapshot(workspace.store)
    started = time.perf_counter()
    packed = open_packed(workspace.packed, snapshot)
    tell(f"one_client: packed file ready in {time.perf_counter() - started:.1f} s")
    asked = chosen(snapshot, packed)
    asked.times(packed, asked.clients[:WARM])
    shown = {"packed file": asked.times(packed, asked.clients), "Parquet": asked.times(snapshot, asked.clients[:WARM])}
    _table(asked, shown)
    wall, _ = shown["packed file"]
    p50, p95 = (float(np.percentile(wall, part)) for part in (50, 95))
    finish({"one_client_p50": Figure(p50, "ms"), "one_client_p95": Figure(p95, "ms", at_most=TARGET_MS)})


def made(workspace: Workspace) -> Workspace:
    """A simulated county's store, unless it is there already."""
    for module, config in STEPS if not (workspace.store / "manifest.json").exists() else ():
        tell(f"one_client: {module}")
        environment = {**os.environ, "LUOTAIN_VAR": str(workspace.root)}
        subprocess.run(
            [sys.executable, "-m", module, "--config", config], check=True, env=environment, stdout=sys.stderr
        )
    return workspace


def chosen(snapshot: Snapshot, packed: PackedClients) -> Asked:
    """Some clients at random, on the first day that the registers do not know."""
    catalogue, as_of = load_catalogue(CATALOGUE), snapshot.data_until + timedelta(days=1)
    places = np.random.default_rng(SEED).permutation(len(packed.ids))[:CLIENTS]
    vocabulary = fit_vocabulary(snapshot, catalogue, snapshot.data_until)
    return Asked([packed.ids[place] for place in places], as_of, catalogue, vocabulary)


def _table(asked: Asked, shown: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    width = len(feature_names(asked.catalogue, asked.vocabulary))
    print(f"{width} features of one client from {'the':<12}{'clients':>9}{'p50 ms':>9}{'p95 ms':>9}{'cpu p95 ms':>12}")
    for name, (wall, cpu) in shown.items():
        p50, p95 = np.percentile(wall, 50), np.percentile(wall, 95)
        print(f"{name:<39}{len(wall):>9,}{p50:>9.2f}{p95:>9.2f}{np.percentile(cpu, 95):>12.2f}")


if __name__ == "__main__":
    main()
