"""The hold-out rows that a registered need model was measured on, found again from the store, with their features."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from configs.errors import ModelError
from configs.workspace import Workspace
from evaluation.metrics import auroc
from features.histories import History
from features.store import Snapshot
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.needs.need import NeedModel
from models.needs.need_task import NeedTask
from models.registry import RegisteredBundle, Registry
from training.need import NeedConfig
from training.needs.labelled import cohort
from training.needs.sampling import whole_clients
from training.rows.splits import temporal_holdout

SAME = 1e-6


@dataclass(frozen=True, eq=False)
class Again:
    """A served model with its hold-out rows."""

    model: NeedModel
    whole: np.ndarray
    """Whole feature rows."""
    label: np.ndarray
    """1 at the main level or above."""
    clients: np.ndarray

    @property
    def used(self) -> np.ndarray:
        return self.model.parts.used_columns(self.whole)

    @property
    def served(self) -> np.ndarray:
        return self.model.model.probabilities(self.used)


def held_out_again(
    workspace: Workspace,
    registry: Registry,
    version: RegisteredBundle,
    config: NeedConfig,
    data: tuple[Snapshot, History],
    logged_auroc: float,
) -> Again:
    """Raises ModelError when the rows do not give the AUROC that the training logged: they would be other rows."""
    model = _model(workspace, registry, version)
    labelled = cohort(model.task, *data)
    split = temporal_holdout(labelled.as_of, config.holdout_share, model.task.horizon_days + model.task.gap_days)
    mask = whole_clients(labelled.clients, split.test, config.bounds.max_holdout_rows, config.fit.seed)
    rows = np.flatnonzero(mask)
    label = reached(model.task, labelled.label[rows])
    found = Again(model, labelled.take(rows), label, labelled.clients[rows])
    measured = auroc(label, found.served)
    if abs(measured - logged_auroc) > SAME:
        raise ModelError(
            f"{version.name} version {version.version}: its hold-out rows, built again, give AUROC {measured:.6f}, the "
            f"training logged {logged_auroc:.6f}. Data or code have changed: train it again."
        )
    return found


def reached(task: NeedTask, label: np.ndarray) -> np.ndarray:
    """1 at the main level or above; the outcome itself where it is yes or no."""
    place = task.outcome.levels.index(task.main_level) if task.main_level else 1
    return (label >= place).astype(np.int8)


def _model(workspace: Workspace, registry: Registry, version: RegisteredBundle) -> NeedModel:
    with tempfile.TemporaryDirectory() as folder:
        fetched = registry.fetch(version.name, version.version, Path(folder) / "bundle")
        return NeedModel.from_bundle(verify_bundle(fetched, trusted_keys(workspace.keys)))
