"""The door to MLflow for everyone who reads or registers a model version.

SQLite under `var/mlflow` by default; `MLFLOW_TRACKING_URI` from the environment wins.  A model version is a signed
bundle folder among a run's artefacts and nothing else: no flavour of MLflow is used and nothing is unpickled.
"""

import logging
import os
import shutil
import sqlite3
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from configs.errors import ModelError
from configs.workspace import Workspace
from models.champions import CHAMPION as CHAMPION
from models.champions import LiveVersion, champions_in

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

BUNDLE_FOLDER = "bundle"
EXPERIMENT = "luotain"

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # a registry that is down must not hold the service up
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")  # seconds


@dataclass(frozen=True)
class RegisteredBundle:
    """One registered model version: which run made it, from which data, and which bundle it is."""

    name: str
    version: str
    run_id: str
    sha256: str
    kind: str
    snapshot_sha256: str
    created: datetime
    """When it was registered (UTC)."""
    tags: Mapping[str, str]


class Registry:
    """What Luotain asks of MLflow.  Made by `connect`."""

    def __init__(
        self, open_client: Callable[[], "MlflowClient"], artifacts: Path, tracking_uri: str, local: Path | None = None
    ) -> None:
        """`local` is MLflow's SQLite file where there is one: what is live is then read without the client."""
        self._open_client = open_client
        self._local_file = local
        self.artifacts = artifacts
        self.tracking_uri = tracking_uri

    @cached_property
    def client(self) -> "MlflowClient":
        """MLflow's own client.  Raises ModelError when the registry cannot be reached."""
        return self._open_client()

    def champions(self) -> dict[str, RegisteredBundle]:
        """Every live version by model name."""
        read = champions_in(self._local_file) if self._local_file else None
        if read is None:
            every = ((name, self._asked_champion(name)) for name in self.names())
            return {name: found for name, found in every if found is not None}
        return {name: _of_file(one) for name, one in sorted(read.items())}

    def experiment_id(self) -> str:
        """The one experiment of the project, made on first use."""
        with _asking():
            found = self.client.get_experiment_by_name(EXPERIMENT)
            if found:
                return str(found.experiment_id)
            local = self.tracking_uri.startswith("sqlite:")
            return str(self.client.create_experiment(EXPERIMENT, self.artifacts.as_uri() if local else None))

    def register(self, name: str, run_id: str, sha256: str, tags: Mapping[str, str]) -> str:
        """Make the run's `bundle/` folder the next version of `name`; returns the version."""
        with _asking():
            if not list(self.client.search_registered_models(f"name = '{name}'", max_results=1)):
                self.client.create_registered_model(name)
            version = self.client.create_model_version(
                name,
                source=f"runs:/{run_id}/{BUNDLE_FOLDER}",
                run_id=run_id,
                tags={**tags, "bundle_sha256": sha256},
                await_creation_for=0,
            )
        return str(version.version)

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Let `alias` point at `version`."""
        with _asking():
            self.client.set_registered_model_alias(name, alias, version)

    def champion(self, name: str) -> RegisteredBundle | None:
        """The version that is live, or None when none was promoted."""
        read = champions_in(self._local_file) if self._local_file else None
        if read is None:
            return self._asked_champion(name)
        return _of_file(read[name]) if name in read else None

    def _asked_champion(self, name: str) -> RegisteredBundle | None:
        aliases = self._aliases(name)
        return self.version(name, aliases[CHAMPION]) if CHAMPION in aliases else None

    def latest(self, name: str) -> RegisteredBundle | None:
        """The version registered last, or None."""
        return max(self.versions(name), key=lambda found: int(found.version), default=None)

    def version(self, name: str, version: str) -> RegisteredBundle:
        """One version.  Raises ModelError when there is none such."""
        with _asking():
            return _registered(self.client.get_model_version(name, version))

    def versions(self, name: str) -> tuple[RegisteredBundle, ...]:
        """Every complete version of `name`, oldest first."""
        with _asking():
            found = list(_pages(self.client.search_model_versions, f"name = '{name}'"))
        ours = [_registered(version) for version in found if "bundle_sha256" in version.tags]
        return tuple(sorted(ours, key=lambda registered: int(registered.version)))

    def names(self) -> tuple[str, ...]:
        """Every registered model name, in alphabetical order."""
        with _asking():
            return tuple(sorted(str(model.name) for model in _pages(self.client.search_registered_models, None)))

    def fetch(self, name: str, version: str, to: Path) -> Path:
        """Copy a version's bundle into the new folder `to`.  It is not verified yet: `verify_bundle` does that."""
        source = self.artefact(self.version(name, version).run_id, BUNDLE_FOLDER)
        shutil.copytree(source, to)
        return to

    def artefact(self, run_id: str, name: str) -> Path:
        """A file or folder among a run's artefacts, as a local path to read from."""
        with _asking():
            uri = str(self.client.get_run(run_id).info.artifact_uri)
            path = self._local(run_id, uri, name)
            if path is None:
                cache = self.artifacts.parent / "downloaded" / run_id
                cache.mkdir(parents=True, exist_ok=True)
                path = Path(self.client.download_artifacts(run_id, name, str(cache)))
        if not path.exists():
            raise ModelError(f"The run {run_id} has no artefact {name}. Train the model again.")
        return path

    def artefact_names(self, run_id: str) -> tuple[str, ...]:
        """The files and folders at the top of a run's artefacts."""
        with _asking():
            local = self._local(run_id, str(self.client.get_run(run_id).info.artifact_uri), ".")
            if local is not None:
                return tuple(sorted(entry.name for entry in local.iterdir())) if local.is_dir() else ()
            return tuple(sorted(str(entry.path) for entry in self.client.list_artifacts(run_id)))

    def metrics(self, run_id: str) -> dict[str, float]:
        """The metrics of a run, last value each."""
        with _asking():
            return {str(key): float(value) for key, value in self.client.get_run(run_id).data.metrics.items()}

    def params(self, run_id: str) -> dict[str, str]:
        """The parameters of a run."""
        with _asking():
            return dict(self.client.get_run(run_id).data.params)

    def _aliases(self, name: str) -> dict[str, str]:
        with _asking():
            found = list(self.client.search_registered_models(f"name = '{name}'", max_results=1))
            return dict(self.client.get_registered_model(name).aliases) if found else {}

    def _local(self, run_id: str, uri: str, name: str) -> Path | None:
        """Where a locally stored artefact is: under this workspace first, because the data folder may have moved."""
        parts = urlsplit(uri)
        if parts.scheme not in ("", "file"):
            return None
        here = self.artifacts / run_id / "artifacts" / name
        return here if here.exists() else Path(unquote(parts.path)) / name


def connect(workspace: Workspace) -> Registry:
    """The registry of a workspace.  Raises ModelError in one sentence when it cannot be reached."""
    folder = workspace.mlflow
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{folder / 'mlflow.db'}"
    if uri.startswith(f"sqlite:///{folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        _rehome(folder)
    local = folder / "mlflow.db" if uri == f"sqlite:///{folder / 'mlflow.db'}" else None
    registry = Registry(lambda: _open_client(uri), folder / "artifacts", uri, local)
    if local is None or champions_in(local) is None:
        assert registry.client  # it answers, or connecting fails here and now
    return registry


def _open_client(uri: str) -> "MlflowClient":
    from mlflow.tracking import MlflowClient  # 1.3 s: only for who really asks the registry

    for logger in ("mlflow", "alembic"):  # after the import, which sets them to INFO
        logging.getLogger(logger).setLevel(logging.WARNING)

    with _asking(), warnings.catch_warnings():
        # MLflow 3.17's tables use an option that SQLAlchemy 2.1 deprecates; they are set up by the first question.
        warnings.filterwarnings("ignore", message="The ``noload`` loader strategy is deprecated")
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        client.search_experiments(max_results=1)
    return client


@contextmanager
def _asking() -> Iterator[None]:
    """Turns MLflow's own errors into one sentence."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        first = str(error.message).splitlines()[0].rstrip(".")
        raise ModelError(f"The model registry answered: {first}. Check MLFLOW_TRACKING_URI and `var/mlflow`.") from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ModelError(f"The model registry cannot be reached: {why}. Check MLFLOW_TRACKING_URI.") from None


def _pages(search: Any, query: str | None) -> Iterator[Any]:
    page = search(query)
    yield from page
    while page.token:
        page = search(query, page_token=page.token)
        yield from page


def _registered(version: "ModelVersion") -> RegisteredBundle:
    tags = {str(key): str(value) for key, value in version.tags.items()}
    if "bundle_sha256" not in tags:
        raise ModelError(
            f"Version {version.version} of {version.name} is no bundle of Luotain. Register it by training."
        )
    return RegisteredBundle(
        name=str(version.name),
        version=str(version.version),
        run_id=str(version.run_id),
        sha256=tags["bundle_sha256"],
        kind=tags.get("kind", ""),
        snapshot_sha256=tags.get("snapshot_sha256", ""),
        created=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
        tags=tags,
    )


def _of_file(one: LiveVersion) -> RegisteredBundle:
    """A live version as MLflow's client would tell it."""
    return RegisteredBundle(
        name=one.name,
        version=one.version,
        run_id=one.run_id,
        sha256=one.tags["bundle_sha256"],
        kind=one.tags.get("kind", ""),
        snapshot_sha256=one.tags.get("snapshot_sha256", ""),
        created=datetime.fromtimestamp(one.created_ms / 1000, UTC),
        tags=one.tags,
    )


def _rehome(folder: Path) -> None:
    """MLflow stores absolute artefact addresses; after the data folder moved, point them at where it is now."""
    file, here = folder / "mlflow.db", (folder / "artifacts").as_uri()
    if not file.exists() or not os.access(file, os.W_OK):
        return
    with closing(sqlite3.connect(file, timeout=30)) as database, database:
        query = "SELECT artifact_location FROM experiments WHERE name = ?"
        try:
            row = database.execute(query, (EXPERIMENT,)).fetchone()
        except sqlite3.DatabaseError:
            return  # not MLflow's file, or not made yet: MLflow itself says so in a moment
        if row is None or row[0] == here or not row[0].startswith("file:"):
            return
        for table, column in (("experiments", "artifact_location"), ("runs", "artifact_uri")):
            database.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",
                (here, len(row[0]) + 1, len(row[0]), row[0]),
            )
