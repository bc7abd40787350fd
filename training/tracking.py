"""The second door to MLflow: one tracked run per training, registered as the very last act.

A run that fails, or is killed, is never registered: a version is made only after every artefact and metric is stored,
so no half model can be seen.  `python -m training.tracking --config configs/segmentation.yaml` makes the store early.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from configs.command import parse_config_path, run_command, say
from configs.errors import ModelError
from configs.loader import PROJECT_ROOT, StrictConfig, read_yaml
from configs.workspace import Workspace
from features.frames import write_frame
from models.bundles.bundle import write_bundle
from models.bundles.signing import load_or_create_signing_key
from models.bundles.verify import verify_bundle
from models.chain import canonical_json
from models.registry import BUNDLE_FOLDER, RegisteredBundle, Registry, connect
from training.retraining.dead_runs import PROCESS, end_dead_runs, this_process
from training.retraining.kept import config_sha256

MAX_PARAM_LENGTH = 6000  # MLflow's own limit, in characters
BATCH = 100  # MLflow's own limit of parameters in one call
_NOT_IN_NAMES = re.compile(r"[^\w\-. :/]")  # what MLflow refuses in the name of a parameter
_RUN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass
class TrackedRun:
    """One training run in MLflow: what it was given, what it measured, what it made."""

    registry: Registry
    workspace: Workspace
    run_id: str
    name: str
    tags: Mapping[str, str]

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Store finite numbers.  Raises ModelError that names one that is not."""
        for key, value in metrics.items():
            if not np.isfinite(value):
                raise ModelError(f"The metric {key} of {self.name} is not a finite number. Check the hold-out's size.")
        now = int(time.time() * 1000)
        self._log_batch(metrics=[_mlflow().Metric(key, float(value), now, 0) for key, value in metrics.items()])

    def log_params(self, values: Mapping[str, Any]) -> None:
        """Store a config's values, nested keys joined by a dot, so that MLflow's page can sort runs by them."""
        rows = flat(values).items()
        self._log_batch(params=[_mlflow().Param(key, value[:MAX_PARAM_LENGTH]) for key, value in rows])

    def log_frame(self, name: str, frame: pd.DataFrame) -> None:
        """Store a table as the Parquet artefact `name`.  A column named client_id is refused: runs hold no client."""
        if "client_id" in frame.columns:
            raise ModelError(f"The table {name} has a column client_id; MLflow runs hold no client's id. Drop it.")
        with tempfile.TemporaryDirectory() as folder:
            write_frame(frame, Path(folder) / name)
            self.registry.client.log_artifact(self.run_id, str(Path(folder) / name))

    def log_json(self, name: str, values: object) -> None:
        """Store a JSON artefact."""
        self.log_bytes(name, canonical_json(values))

    def log_bytes(self, name: str, content: bytes) -> None:
        """Store a file's content as an artefact."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / name).write_bytes(content)
            self.registry.client.log_artifact(self.run_id, str(Path(folder) / name))

    def log_folder(self, folder: Path, to: str | None = None) -> None:
        """Store a folder's files as artefacts, at the top of the run or under `to`."""
        self.registry.client.log_artifacts(self.run_id, str(folder), to)

    def register_bundle(self, files: Mapping[str, bytes], tags: Mapping[str, str] | None = None) -> RegisteredBundle:
        """The last call: write and sign the bundle, prove it in a child process, store it, make it a version."""
        key = load_or_create_signing_key(self.workspace.keys)
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(parent) / BUNDLE_FOLDER
            sha256 = write_bundle(folder, self.tags["kind"], files, key)
            verify_bundle(folder, [key.public_key()])
            self.log_folder(folder, BUNDLE_FOLDER)
        self.registry.client.set_tag(self.run_id, "bundle_sha256", sha256)
        version = self.registry.register(self.name, self.run_id, sha256, {**self.tags, **(tags or {})})
        if os.environ.get("MLFLOW_TRACKING_URI"):
            say(f"MLFLOW_TRACKING_URI is set: the version is in {_without_password(self.registry.tracking_uri)}.")
        return self.registry.version(self.name, version)

    def _log_batch(self, metrics: Sequence[Any] = (), params: Sequence[Any] = ()) -> None:
        """One transaction per hundred: a commit per value is slow on SQLite."""
        for start in range(0, max(len(metrics), len(params)), BATCH):
            stop = start + BATCH
            self.registry.client.log_batch(self.run_id, metrics=metrics[start:stop], params=params[start:stop])


@contextmanager
def tracked_run(
    workspace: Workspace, name: str, kind: str, config: StrictConfig, snapshot_sha256: str, sources_version: str = ""
) -> Iterator[TrackedRun]:
    """A run of the registered model `name`.  It ends FINISHED, or FAILED when the block raises.

    `sources_version` is the version of the source catalogue that its features were checked against.
    """
    registry = connect(workspace)
    end_dead_runs(registry)
    values = config.model_dump(mode="json")
    tags = {
        "kind": kind,
        "snapshot_sha256": snapshot_sha256,
        "git_commit": git_commit(),
        "config_sha256": config_sha256(config),
        **({"sources_version": sources_version} if sources_version else {}),
    }
    run_id = registry.client.create_run(
        registry.experiment_id(), run_name=name, tags={**tags, PROCESS: this_process(), **_parent()}
    ).info.run_id
    run = TrackedRun(registry, workspace, run_id, name, tags)
    ended = "FAILED"
    try:
        run.log_params(values)
        run.log_json("config.json", values)
        yield run
        ended = "FINISHED"
    except KeyboardInterrupt:
        ended = "KILLED"
        raise
    finally:
        registry.client.set_terminated(run_id, ended)


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """{"a": {"b": 1}} as {"a.b": "1"}: parameters that MLflow's page can sort by."""
    rows: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            rows |= flat(value, f"{prefix}{key}.")
        else:
            rows[_NOT_IN_NAMES.sub("_", f"{prefix}{key}")] = str(value)
    return rows


def _without_password(uri: str) -> str:
    return re.sub(r"//[^/@]*@", "//", uri)


def _mlflow() -> Any:
    """MLflow's record types, imported when a run is really tracked (1.3 s)."""
    import mlflow.entities

    return mlflow.entities


def git_commit() -> str:
    """The commit the code is at, "+changed" when files differ from it, "unknown" outside a repository."""
    head = _git("rev-parse", "HEAD")
    if not head:
        return "unknown"
    return f"{head}+changed" if _git("status", "--porcelain", "--untracked-files=no") else head


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _parent() -> dict[str, str]:
    """Under `mlflow run`, our run is shown inside the project's own run."""
    parent = os.environ.get("MLFLOW_RUN_ID", "")
    return {"mlflow.parentRunId": parent} if _RUN_ID.fullmatch(parent) else {}


def _create_store(config: str) -> None:
    registry = connect(Workspace.of(str(read_yaml(config).get("var", "var"))))
    registry.experiment_id()
    say(f"MLflow is ready: {registry.tracking_uri}")


def _open_page(config: str) -> None:
    registry = connect(Workspace.of(str(read_yaml(config).get("var", "var"))))
    say("MLflow's page: http://127.0.0.1:5000 (Ctrl-C stops it)")
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", registry.tracking_uri]
    subprocess.run([*command, "--host", "127.0.0.1", "--port", "5000"], check=False)


def main(argv: Sequence[str] | None = None) -> int:
    """Make the MLflow store, or with `--open` show MLflow's own page on loopback."""
    given = list(sys.argv[1:] if argv is None else argv)
    open_page = "--open" in given
    rest = [word for word in given if word != "--open"]
    config = parse_config_path(rest, "training.tracking", "Makes the MLflow store.", "configs/segmentation.yaml")
    return run_command(lambda: _open_page(config) if open_page else _create_store(config))


if __name__ == "__main__":
    raise SystemExit(main())
