"""The snapshot and the bundle that an entry names, found by their checksums and refused when they are others."""

import importlib
import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from configs.errors import LuotainError, ModelError
from configs.phrases import Phrase
from configs.workspace import Workspace
from features.store import open_earlier
from models.bundles.bundle import Bundle, read_bundle
from models.bundles.signing import trusted_keys
from models.bundles.verify import model_class
from models.registry import connect
from serving.engine.clients.relations_index import RelationsIndex
from serving.engine.contract import DataStamp
from serving.engine.registers import Registers
from serving.engine.shelf import Chosen, LiveModel


class OneModel:
    """A shelf with the one model that gave the answer."""

    def __init__(self, live: LiveModel) -> None:
        self._live = live
        self.names = (live.chosen.name,)

    def get(self, name: str) -> LiveModel | None:
        """The model, under its own name only."""
        return self._live if name == self._live.chosen.name else None

    def stopped(self, name: str) -> None:
        """What was answered once is replayed, whoever stopped the model since."""
        return None


def registers_of(workspace: Workspace, snapshot_sha256: str, as_of: date) -> Registers:
    """The registers as they were.  Raises DataError when the snapshot is gone, damaged or of another day."""
    snapshot = open_earlier(workspace.store, snapshot_sha256)
    stamp = DataStamp(snapshot.sha256, as_of - timedelta(days=1), as_of)
    return Registers(snapshot, stamp, RelationsIndex({}, {}), {})


def model_of(workspace: Workspace, said: Mapping[str, Any]) -> LiveModel:
    """The model that an entry names.  Raises ModelError when its bundle is gone or was changed."""
    chosen = Chosen(said["model"], said["version"], said.get("run_id", ""), said["bundle_sha256"])
    bundle = _bundle(workspace, chosen)
    module, name = model_class(bundle.kind).split(":")
    return LiveModel(chosen, getattr(importlib.import_module(module), name).from_bundle(bundle))


def _bundle(workspace: Workspace, chosen: Chosen) -> Bundle:
    """The local copy of the service, else the registry's."""
    local = workspace.bundles / chosen.name / chosen.sha256
    try:
        return _checked(local, workspace, chosen)
    except LuotainError as fault:
        with tempfile.TemporaryDirectory() as folder:
            try:
                fetched = connect(workspace).fetch(chosen.name, chosen.version, Path(folder) / chosen.sha256)
                return _checked(fetched, workspace, chosen)
            except (LuotainError, OSError):
                raise fault from None


def _checked(folder: Path, workspace: Workspace, chosen: Chosen) -> Bundle:
    if not folder.is_dir():
        english = f"The bundle {chosen.sha256[:12]} of {chosen.name} is gone. Restore it from a backup."
        raise ModelError(Phrase(english, "replay.say.bundle_gone", bundle=chosen.sha256[:12], model=chosen.name))
    bundle = read_bundle(folder, trusted_keys(workspace.keys))
    if bundle.sha256 != chosen.sha256:
        english = f"The bundle of {chosen.name} {chosen.version} is not the one that answered."
        model = f"{chosen.name} {chosen.version}"
        raise ModelError(Phrase(english, "replay.say.other_bundle", model=model))
    return bundle
