"""What the live models' probabilities imply at every date, and what came where the outcome is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from evaluation import metrics
from evaluation.monitoring.alarms import Alarm, fell, missed_rate
from evaluation.monitoring.asked import ClientModel, probabilities
from evaluation.monitoring.estimated import estimated
from evaluation.monitoring.settings import Thresholds
from evaluation.needs.frozen import frozen_steps, labels_known
from features.histories import History
from features.outcomes import Window
from features.store import Snapshot
from models.needs.need import NeedModel

LEAST_ROWS = 20
"""Fewer rows give no estimate."""
Missed = tuple[float, date]
"""Observed over expected outside its limits, and the day of the estimates."""
NOTHING: dict[str, Any] = dict.fromkeys(("as_of", "clients", "events", "auroc", "observed_to_expected"))


@dataclass(frozen=True)
class Scored:
    """One output of a model: its score of every row (NaN outside its cohort) and what is told of it."""

    name: str
    p: np.ndarray
    told: dict[str, Any]
    alarms: tuple[Alarm, ...]


def scored(
    snapshot: Snapshot, history: History, everyone: History, name: str, model: ClientModel, limits: Thresholds
) -> list[Scored]:
    """Each output: scores of all rows, estimates of the newest date, realised figures where outcomes are complete.

    Realised figures need many outcomes: they are of the newest date of `everyone` (a history, too).
    An axis of a segmentation has no realised figures: what people record later was seen by the model's proposal.
    """
    as_of = history.rows["as_of"].to_numpy().astype("datetime64[D]")
    came, off = dict(NOTHING), list[Missed]()
    if isinstance(model, NeedModel):
        came, off = _realised(snapshot, everyone, model, limits)
    return [
        _one(output, p, as_of, limits, came, off) for output, p in probabilities(snapshot, history, name, model).items()
    ]


def _one(
    name: str, p: np.ndarray, as_of: np.ndarray, limits: Thresholds, came: dict[str, Any], off: Sequence[Missed]
) -> Scored:
    implied = [_estimate(p[as_of == day]) for day in np.unique(as_of)]
    earlier = [one["auroc"] for one in implied[:-1] if one["auroc"] is not None]
    newest = implied[-1]["auroc"]
    fall = float(np.mean(earlier)) - newest if earlier and newest is not None else None
    alarms = [fell(name, fall)] if fall and fall > limits.estimated_auroc_fall else []
    told = {"name": name, "estimated": implied[-1], "estimated_fall": fall, "realised": came}
    return Scored(name, p, told, (*alarms, *(missed_rate(name, ratio, day) for ratio, day in off)))


def _estimate(p: np.ndarray) -> dict[str, Any]:
    known = p[~np.isnan(p)]
    if len(known) < LEAST_ROWS:
        return {"rows": None, "auroc": None, "brier": None, "events": None}
    found = estimated(known)
    auroc = found.auroc if np.isfinite(found.auroc) else None
    return {"rows": len(known), "auroc": auroc, "brier": found.brier, "events": round(found.events, 1)}


def _realised(
    snapshot: Snapshot, history: History, model: NeedModel, limits: Thresholds
) -> tuple[dict[str, Any], list[Missed]]:
    days = [day.item() for day in np.unique(history.rows["as_of"].to_numpy().astype("datetime64[D]"))]
    window = Window(model.task.horizon_days, model.task.gap_days)
    complete = [day for day in days if labels_known(day, window) <= snapshot.data_until]
    if not complete:
        return dict(NOTHING), []
    (step,) = frozen_steps(snapshot, history, model, complete[-1:], 3)
    events, clients = int(step.label.sum()), len(step.label)
    if min(events, clients - events) < limits.least_events:
        return {**NOTHING, "as_of": str(complete[-1])}, []
    ratio = metrics.observed_to_expected(step.label, step.p)
    told = {**NOTHING, "as_of": str(complete[-1]), "clients": clients, "events": events}
    told |= {"auroc": metrics.auroc(step.label, step.p), "observed_to_expected": ratio}
    low, high = limits.observed_to_expected
    return told, [] if low <= ratio <= high else [(ratio, complete[-1])]
