"""What the newest registered model of a need task says of every client it knows."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from configs.workspace import Workspace
from evaluation.held_out.stored import PREDICTIONS_FILE
from evaluation.metrics import bootstrap, observed_to_expected
from features.frames import read_frame
from features.histories import build
from features.store import Snapshot
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.needs.need import AGE, NeedModel
from models.registry import RegisteredBundle, Registry
from models.segments.eligibility import holds_all

NORMAL_95 = 1.96


def load_need(workspace: Workspace, registry: Registry, version: RegisteredBundle) -> NeedModel:
    """The model of a registered version.  Raises ModelError when the bundle is damaged or not signed by us."""
    with tempfile.TemporaryDirectory() as folder:
        fetched = registry.fetch(version.name, version.version, Path(folder) / "bundle")
        return NeedModel.from_bundle(verify_bundle(fetched, trusted_keys(workspace.keys)))


def probabilities(model: NeedModel, snapshot: Snapshot, rows: pd.DataFrame) -> np.ndarray:
    """float64[rows]: the likelihood of each (client_id, as_of); NaN for those outside the task's cohort."""
    frame = build(snapshot, rows, model.catalogue, model.vocabulary).frame.to_numpy(np.float32)
    p = np.full(len(rows), np.nan)
    inside = in_cohort(model, frame)
    if inside.any():
        p[inside] = model.model.probabilities(model.parts.used_columns(frame[inside]))
    return p


def in_cohort(model: NeedModel, frame: np.ndarray) -> np.ndarray:
    """True for the rows that the task may be asked about: the same conditions as the gate of one client."""
    place = {name: index for index, name in enumerate(model.feature_names)}
    where = {one.feature: frame[:, place[one.feature]] for one in model.task.cohort.where}
    inside = holds_all(model.task.cohort.where, where, len(frame))
    return inside & model.task.ages.hold(frame[:, place[AGE]]) if AGE in place else inside


def calibration_error(predictions: pd.DataFrame) -> float:
    """How far the expected number may be off for all clients alike, as a share of it.

    From the hold-out: the distance of observed / expected from 1, and its standard error when whole clients are drawn
    anew (95 % bootstrap interval / (2 * 1.96)).
    """
    label, p = predictions["label"].to_numpy(), predictions["p"].to_numpy(np.float64)
    drawn = bootstrap(predictions["client"].to_numpy(), lambda rows: observed_to_expected(label[rows], p[rows]))
    standard_error = (drawn.high - drawn.low) / (2 * NORMAL_95) if drawn else 0.0
    return float(np.hypot(observed_to_expected(label, p) - 1, standard_error))


def stored_predictions(registry: Registry, version: RegisteredBundle, task_id: str) -> pd.DataFrame:
    """The hold-out rows that training stored of the task's main likelihood."""
    stored = read_frame(registry.artefact(version.run_id, PREDICTIONS_FILE))
    return stored[stored["output"] == task_id].reset_index(drop=True)
