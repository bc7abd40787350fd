"""The live models.  A bundle is fetched, checked in a child process and only then swapped in; the last good one stays.

When the registry is down at start, the last good local copy is checked and served instead (fault F5).
"""

import fcntl
import importlib
import json
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from configs.errors import LuotainError, ModelError
from configs.workspace import Workspace
from models.bundles.bundle import Bundle, read_bundle
from models.bundles.signing import trusted_keys
from models.bundles.together import good_bundles
from models.bundles.verify import model_class, verify_bundle
from models.needs.report_only import refuse_report_only
from models.oversight.facts import Stopped
from models.registry import RegisteredBundle, Registry, connect
from serving.oversight.stopping import StopList
from serving.starting import live_names

LAST_GOOD = "last_good.json"
logger = logging.getLogger("luotain.serving")


@dataclass(frozen=True)
class Chosen:
    """Which version of a model is to be live."""

    name: str
    version: str
    run_id: str
    sha256: str


@dataclass(frozen=True)
class LiveModel:
    """A checked model, ready to answer."""

    chosen: Chosen
    model: Any


class Shelf:
    """One live model per served name."""

    def __init__(self, workspace: Workspace, names: tuple[str, ...], prefixes: tuple[str, ...] = ()) -> None:
        """`names` are served in any case, and so is every champion whose name begins with one of `prefixes`."""
        self._workspace = workspace
        self._named = names
        self._names = names
        self._prefixes = prefixes
        self._live: Mapping[str, LiveModel] = {}
        self._runs: dict[tuple[str, str], str] = {}
        self._refreshing = threading.Lock()
        self.faults: Mapping[str, str] = {}
        self.stops = StopList(workspace.records)

    @property
    def names(self) -> tuple[str, ...]:
        """Every served name: those of the config, then the champions found by their prefix, in order."""
        return self._names

    def get(self, name: str) -> LiveModel | None:
        """The live model of a name; None also while somebody has stopped it."""
        return None if self.stopped(name) else self._live.get(name)

    def stopped(self, name: str) -> Stopped | None:
        """Who stopped the model of a name, and why; None = nobody."""
        return self.stops.all().get(name)

    def run_of(self, name: str, version: str) -> str:
        """The training run of a version that is or was live here."""
        return self._runs.get((name, version), "")

    def missing(self) -> tuple[str, ...]:
        """Served names without a live model."""
        return tuple(name for name in self._names if name not in self._live)

    def refresh(self) -> None:
        """Take every new champion into use.  A fault keeps what is live and is logged once."""
        with self._refreshing:
            registry, faults = self._registry()
            self._names = self._served(registry, faults)
            self._check_together(registry)
            for name in self._names:
                fault = self._refresh_one(name, registry)
                if fault:
                    faults[name] = fault
            for name, said in faults.items():
                if self.faults.get(name) != said:
                    logger.warning("model %s: %s", name, said)
            self.faults = faults

    def _registry(self) -> tuple[Registry | None, dict[str, str]]:
        try:
            return connect(self._workspace), {}
        except LuotainError as error:
            return None, {"registry": str(error)}

    def _served(self, registry: Registry | None, faults: dict[str, str]) -> tuple[str, ...]:
        """The names of the config and the champions with a prefix; with the registry down, the local copies."""
        try:
            found = [
                name
                for prefix in self._prefixes
                for name in (live_names(registry, prefix) if registry else self._local_names(prefix))
            ]
        except LuotainError as error:
            faults["registry"] = str(error)
            return self._names
        return (*self._named, *(name for name in found if name not in self._named))

    def _local_names(self, prefix: str) -> tuple[str, ...]:
        copies = self._workspace.bundles.glob(f"{prefix}*/{LAST_GOOD}")
        return tuple(sorted(copy.parent.name for copy in copies))

    def _refresh_one(self, name: str, registry: Registry | None) -> str | None:
        """None when the name's champion is live afterwards, else what is wrong."""
        try:
            chosen = _champion(name, registry) if registry else self._last_good(name)
            if chosen is None:
                return "no version was promoted yet. Train and promote one, e.g. `make demo SERVE=0`."
            if name not in self._live or self._live[name].chosen.sha256 != chosen.sha256:
                self._take_into_use(chosen, registry)
        except (LuotainError, OSError, ValueError, KeyError) as error:
            return str(error) if isinstance(error, LuotainError) else f"{type(error).__name__} while loading it."
        return None

    def _take_into_use(self, chosen: Chosen, registry: Registry | None) -> None:
        live = LiveModel(chosen, _load(self._checked(chosen, registry)))
        self._live = {**self._live, chosen.name: live}
        self._runs[(chosen.name, chosen.version)] = chosen.run_id
        _write_whole(self._folder(chosen.name) / LAST_GOOD, json.dumps(asdict(chosen)))
        logger.info("model %s: version %s is live (%s)", chosen.name, chosen.version, chosen.sha256[:12])

    def _check_together(self, registry: Registry | None) -> None:
        """Several bundles that nobody checked yet, as after the first training, are checked by one child.

        What it does not confirm is checked alone afterwards, and then it is said what is wrong.
        """
        if registry is None:
            return
        folders = [folder for name in self._names if (folder := self._unchecked(name, registry)) is not None]
        if len(folders) < 2:
            return
        keys = trusted_keys(self._workspace.keys)
        with _one_at_a_time(self._workspace.bundles):
            waiting = [folder for folder in folders if not _stamp(folder).is_file()]
            for folder, sha256 in good_bundles(waiting, keys).items() if waiting else ():
                if sha256 == folder.name:
                    _write_whole(_stamp(folder), _libraries())

    def _unchecked(self, name: str, registry: Registry) -> Path | None:
        """The local copy of a name's champion, fetched when needed; None when it was checked before or is not had."""
        try:
            chosen = _champion(name, registry)
            if chosen is None:
                return None
            folder = self._folder(name) / chosen.sha256
            if _stamp(folder).is_file():
                return None
            if not folder.is_dir():
                _fetch(registry, chosen, folder)
        except (LuotainError, OSError, ValueError, KeyError):
            return None  # said when the model is taken into use
        return folder

    def _checked(self, chosen: Chosen, registry: Registry | None) -> Bundle:
        folder = self._folder(chosen.name) / chosen.sha256
        if folder.is_dir():
            try:
                return self._verified(folder, chosen)
            except ModelError:
                if registry is None:
                    raise
                shutil.rmtree(folder, ignore_errors=True)  # a damaged local copy: fetch it anew
        if registry is None:
            raise ModelError(f"The local copy of {chosen.name} is gone and the registry is down. Start the registry.")
        _fetch(registry, chosen, folder)
        return self._verified(folder, chosen)

    def _verified(self, folder: Path, chosen: Chosen) -> Bundle:
        """The bundle, checked by a child process unless another worker did so before with the same libraries."""
        keys, stamp = trusted_keys(self._workspace.keys), _stamp(folder)
        with _one_at_a_time(folder.parent):
            checked_before = stamp.is_file() and stamp.read_text(encoding="utf-8") == _libraries()
            bundle = read_bundle(folder, keys) if checked_before else verify_bundle(folder, keys)
            if not checked_before:
                _write_whole(stamp, _libraries())
        if bundle.sha256 != chosen.sha256:
            raise ModelError(f"The bundle of {chosen.name} is not the registered one. Promote another version.")
        refuse_report_only(chosen.name, bundle)
        return bundle

    def _last_good(self, name: str) -> Chosen | None:
        file = self._folder(name) / LAST_GOOD
        return Chosen(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None

    def _folder(self, name: str) -> Path:
        return self._workspace.bundles / name


def _stamp(folder: Path) -> Path:
    """Beside a bundle's folder: with which libraries it was checked.  The folder's name is the bundle's hash."""
    return folder.with_name(f"{folder.name}.verified")


def _libraries() -> str:
    """What a check depends on besides the bundle itself, whose hash is the stamp's name."""
    return " ".join(f"{name} {version(name)}" for name in ("lightgbm", "numpy"))


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Workers that start together check a bundle once, not each."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _champion(name: str, registry: Registry) -> Chosen | None:
    found: RegisteredBundle | None = registry.champion(name)
    return Chosen(found.name, found.version, found.run_id, found.sha256) if found else None


def _load(bundle: Bundle) -> Any:
    module, name = model_class(bundle.kind).split(":")
    build: Callable[[Bundle], Any] = getattr(importlib.import_module(module), name).from_bundle
    return build(bundle)


def _fetch(registry: Registry, chosen: Chosen, folder: Path) -> None:
    """Copy the bundle beside its place and give it its name last; another worker may have been faster."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    registry.fetch(chosen.name, chosen.version, draft)
    try:
        draft.rename(folder)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)


def _write_whole(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
