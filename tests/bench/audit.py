"""`python -m tests.bench.audit`: the audit report of a need model on 200,000 clients, in a process of its own.

A small county is simulated, ingested and its model trained for real; then its clients are grown to 200,000: every
client of the newest date again and again with a little noise, her residents row beside her, and the stored hold-out
predictions likewise.  What is timed is the report: verify, draw, explain, check, bootstrap, lay out, write.
`AUDIT_FROM=var` takes the county, histories and model of a demo's data folder instead; `AUDIT_CLIENTS` another size.
"""

import hashlib
import os
import shutil
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from configs.loader import load_config, var_folder
from configs.workspace import Workspace
from evaluation.audit.__main__ import client_read, write_report
from evaluation.audit.drawn.clients import newest_parts
from evaluation.audit.material import Material
from evaluation.audit.settings import AuditConfig, Book
from evaluation.audit.summary import summarise
from features.frames import read_frame
from features.histories import find_history
from features.manifest import FileEntry, Manifest, publish_manifest
from features.store import open_snapshot, read_table
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.registry import connect
from tests.bench.counties import county, run
from tests.bench.measure import command
from tests.bench.report import Figure, finish, tell

CLIENTS = int(os.environ.get("AUDIT_CLIENTS", 200_000))
MOST_SECONDS = 180.0
SEED, RESIDENTS_BASE = 7, 12_000
MODEL, PREDICTIONS = "need_frequent_emergency_12m", "predictions.parquet"
NOISE = 0.02
GIB = 1 << 30


def main() -> None:
    """Grow, report, tell."""
    if sys.argv[1:2] == ["report"]:
        report(Path(sys.argv[2]))
        return
    grown = Workspace(var_folder("var/bench") / f"audit-{CLIENTS}")
    if not (grown.root / "grown").exists():
        grow(base(), grown)
    spent = command([sys.executable, "-m", "tests.bench.audit", "report", str(grown.root)], {**os.environ})
    clients = read_frame(_predictions(grown))["client"].nunique()
    asked = sum(len(read_frame(part, columns=["client_id"])) for part in (grown.root / "history").glob("part-*"))
    print(f"{asked:,} clients of the date, {clients:,} clients in the hold-out")
    print(f"{'report':<12}{'s':>8}{'cpu s':>9}{'peak GiB':>10}")
    print(f"{MODEL[:12]:<12}{spent.seconds:>8.1f}{spent.cpu_seconds:>9.1f}{spent.peak_bytes / GIB:>10.2f}")
    finish(
        {
            "clients": Figure(asked, "clients", at_least=CLIENTS),
            "holdout_clients": Figure(clients, "clients", at_least=CLIENTS),
            "seconds": Figure(spent.seconds, "s", at_most=MOST_SECONDS),
            "cpu_seconds": Figure(spent.cpu_seconds, "s", at_most=2 * MOST_SECONDS),
            "peak_gib": Figure(spent.peak_bytes / GIB, "GiB"),
        }
    )


def base() -> Workspace:
    """A county with a live-able need model."""
    given = os.environ.get("AUDIT_FROM")
    if given:
        return Workspace(Path(given).resolve())
    made = county(SEED, RESIDENTS_BASE)
    if not made.mlflow.exists():
        tell("training the model once")
        run(made, "features.histories", "configs/histories.yaml")
        run(made, "training.need", "configs/need.yaml")
    return made


def grow(small: Workspace, grown: Workspace) -> None:
    """The same county with as many clients as wanted."""
    tell(f"growing to {CLIENTS:,} clients")
    shutil.rmtree(grown.root, ignore_errors=True)
    shutil.copytree(small.mlflow, grown.mlflow)
    shutil.copytree(small.keys, grown.keys)
    os.environ["LUOTAIN_VAR"] = str(small.root)
    history, snapshot = find_history(small, "configs/histories.yaml"), open_snapshot(small.store)
    as_of, parts = newest_parts(history)
    frames = [read_frame(part, filters=[("as_of", "==", as_of)]) for part in parts]
    times = -(-CLIENTS // sum(len(frame) for frame in frames))
    rng, files = np.random.default_rng(SEED), list[FileEntry]()
    (grown.root / "history").mkdir(parents=True)
    for number, frame in enumerate(frames):
        copies = [_again(frame, copy, rng) for copy in range(times)]
        pd.concat(copies, ignore_index=True).to_parquet(grown.root / "history" / f"part-{number:05d}.parquet")
        residents = read_table(snapshot, "residents", number)
        again = [residents.assign(client_id=_named(residents["client_id"], copy)) for copy in range(times)]
        files.append(_stored(grown.store, pd.concat(again, ignore_index=True), number))
    until = str(snapshot.data_until)
    manifest = Manifest(key_id="bench", n_buckets=len(parts), data_until=until, tables={"residents": tuple(files)})
    publish_manifest(grown.store, manifest)
    _grow_predictions(grown, rng)
    (grown.root / "grown").touch()


def report(root: Path) -> None:
    """What `python -m evaluation.audit` does for one model; the grown registers have a snapshot of their own."""
    os.environ["LUOTAIN_VAR"] = str(root)
    workspace = Workspace(root)
    registry, config = connect(workspace), load_config("configs/audit.yaml", AuditConfig)
    version = registry.latest(MODEL)
    assert version is not None
    material = Material(workspace, registry, version)
    fetched = registry.fetch(version.name, version.version, root / f".bundle-{os.getpid()}")
    try:
        bundle = verify_bundle(fetched, trusted_keys(workspace.keys))
    finally:
        shutil.rmtree(fetched)
    read = client_read(material, bundle, root / "history", open_snapshot(workspace.store), config)
    made = summarise(read, config, load_config(config.book, Book), date(2025, 1, 1))
    write_report(material.folder, made, config.pdf)


def _again(frame: pd.DataFrame, copy: int, rng: np.random.Generator) -> pd.DataFrame:
    """The clients once more; flags and unknown values stay as they are."""
    features = frame.drop(columns=["client_id", "as_of"])
    values = features.to_numpy(np.float32)
    flags = np.all(np.isnan(values) | (values == 0) | (values == 1), axis=0)
    noisy = np.where(flags, values, values * rng.normal(1, NOISE, values.shape)).astype(np.float32)
    kept = frame[["client_id", "as_of"]].assign(client_id=_named(frame["client_id"], copy))
    return pd.concat([kept, pd.DataFrame(noisy, columns=features.columns, index=frame.index)], axis=1)


def _named(clients: pd.Series, copy: int) -> pd.Series:
    return clients.astype(str) + f"-{copy}"


def _stored(store: Path, table: pd.DataFrame, bucket: int) -> FileEntry:
    path = f"data/residents/{bucket:03d}.parquet"
    file = store / path
    file.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(file, index=False)
    content = file.read_bytes()
    return FileEntry(path, hashlib.sha256(content).hexdigest(), len(content), len(table), bucket, "bench")


def _predictions(grown: Workspace) -> Path:
    registry = connect(grown)
    version = registry.latest(MODEL)
    assert version is not None
    return registry.artefact(version.run_id, PREDICTIONS)


def _grow_predictions(grown: Workspace, rng: np.random.Generator) -> None:
    """Every hold-out row again for other clients, its probability moved a little: ties would be faster."""
    file = _predictions(grown)
    rows = read_frame(file)
    people = int(rows["client"].max()) + 1
    times = -(-CLIENTS // int(rows["client"].nunique()))
    copies = []
    for copy in range(times):
        moved = {name: _moved(rows[name].to_numpy(), rng) for name in ("p", "baseline_p")}
        copies.append(rows.assign(client=rows["client"] + copy * people, row=rows["row"] + copy * len(rows), **moved))
    pd.concat(copies, ignore_index=True).to_parquet(file, index=False)


def _moved(p: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    odds = np.log(p / (1 - p)) + rng.normal(0, NOISE, len(p))
    return np.asarray(1 / (1 + np.exp(-odds)))


if __name__ == "__main__":
    main()
