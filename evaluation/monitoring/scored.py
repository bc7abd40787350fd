"""The live need models asked at every date: scores, what they imply, and what came where the outcome is known."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from configs.workspace import Workspace
from evaluation import metrics
from evaluation.monitoring.estimated import estimated
from evaluation.monitoring.settings import Thresholds
from evaluation.needs.frozen import frozen_steps, labels_known
from features.histories import History, build
from features.outcomes import Window
from features.store import Snapshot
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.eligibility import holds_all
from models.need import AGE, NeedModel
from models.registry import RegisteredBundle, Registry

NEED = "need_"
LEAST_ROWS = 20
"""Fewer rows give no estimate."""


@dataclass(frozen=True)
class Scored:
    """One model: its score of every row (NaN outside its cohort) and what is told of it."""

    name: str
    p: np.ndarray
    told: dict[str, Any]
    alarms: tuple[str, ...]


def live_models(registry: Registry, workspace: Workspace, asked: Sequence[str]) -> Iterator[tuple[str, NeedModel]]:
    """The live need models, verified as serving does."""
    for name, version in sorted(registry.champions().items()):
        if name in asked or (not asked and name.startswith(NEED)):
            yield name, _fetched(registry, workspace, version)


def scored(snapshot: Snapshot, history: History, name: str, model: NeedModel, limits: Thresholds) -> Scored:
    """Scores on all rows; estimates of the newest date; realised figures of the newest date with complete outcomes."""
    p = _scores(snapshot, history, model)
    as_of = history.rows["as_of"].to_numpy().astype("datetime64[D]")
    days = [day.item() for day in np.unique(as_of)]
    implied = [_estimate(p[as_of == np.datetime64(day)]) for day in days]
    earlier = [one["auroc"] for one in implied[:-1] if one["auroc"] is not None]
    fall = float(np.mean(earlier)) - implied[-1]["auroc"] if earlier and implied[-1]["auroc"] is not None else None
    came, off = _realised(snapshot, history, model, days, limits)
    alarms = [f"{name}: estimated AUROC fell by {fall:.3f}"] if fall and fall > limits.estimated_auroc_fall else []
    told = {"name": name, "estimated": implied[-1], "estimated_fall": fall, "realised": came}
    return Scored(name, p, told, (*alarms, *(f"{name}: {why}" for why in off)))


def _estimate(p: np.ndarray) -> dict[str, Any]:
    known = p[~np.isnan(p)]
    if len(known) < LEAST_ROWS:
        return {"rows": None, "auroc": None, "brier": None, "events": None}
    found = estimated(known)
    auroc = found.auroc if np.isfinite(found.auroc) else None
    return {"rows": len(known), "auroc": auroc, "brier": found.brier, "events": round(found.events, 1)}


def _realised(
    snapshot: Snapshot, history: History, model: NeedModel, days: Sequence[date], limits: Thresholds
) -> tuple[dict[str, Any], list[str]]:
    window = Window(model.task.horizon_days, model.task.gap_days)
    complete = [day for day in days if labels_known(day, window) <= snapshot.data_until]
    empty: dict[str, Any] = {
        "as_of": None,
        "clients": None,
        "events": None,
        "auroc": None,
        "observed_to_expected": None,
    }
    if not complete:
        return empty, []
    (step,) = frozen_steps(snapshot, history, model, complete[-1:], 3)
    events, clients = int(step.label.sum()), len(step.label)
    if min(events, clients - events) < limits.least_events:
        return {**empty, "as_of": str(complete[-1])}, []
    ratio = metrics.observed_to_expected(step.label, step.p)
    told = {**empty, "as_of": str(complete[-1]), "clients": clients, "events": events}
    told |= {"auroc": metrics.auroc(step.label, step.p), "observed_to_expected": ratio}
    low, high = limits.observed_to_expected
    return told, [] if low <= ratio <= high else [f"observed over expected {ratio:.2f} on {complete[-1]}"]


def _scores(snapshot: Snapshot, history: History, model: NeedModel) -> np.ndarray:
    same = history.catalogue.sha256 == model.catalogue.sha256
    if same and history.vocabulary.to_json() == model.vocabulary.to_json():
        values = history.frame.to_numpy(np.float32)
    else:
        values = build(snapshot, history.rows, model.catalogue, model.vocabulary).frame.to_numpy(np.float32)
    column = {name: values[:, place] for place, name in enumerate(model.feature_names)}
    inside = holds_all(model.task.cohort.where, column, len(values))
    inside = inside & model.task.ages.hold(column[AGE]) if AGE in column else inside
    p = np.full(len(values), np.nan)
    if inside.any():
        p[inside] = model.model.probabilities(model.parts.used_columns(values[inside]))
    return p


def _fetched(registry: Registry, workspace: Workspace, version: RegisteredBundle) -> NeedModel:
    with tempfile.TemporaryDirectory() as folder:
        fetched = registry.fetch(version.name, version.version, Path(folder) / "bundle")
        return NeedModel.from_bundle(verify_bundle(fetched, trusted_keys(workspace.keys)))
