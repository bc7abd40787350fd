"""The best achievable model of a need: the same learner and features, taught everybody's outcomes in another county."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from configs.workspace import Workspace
from evaluation.metrics import auroc
from features.histories import History, build, load_history
from features.store import Snapshot, open_snapshot
from models.needs.need import NeedModel
from tests.bench.counties import run
from tests.bench.report import tell
from tests.bench.worlds.held_out_rows import Again, reached
from training.fitting import column_directions
from training.need import NeedConfig
from training.needs.fits import fit_step
from training.needs.labelled import cohort
from training.rows.held_out import Sample
from training.search import Searcher, SearchSettings


@dataclass(frozen=True)
class Taught:
    """What the other county taught."""

    rows: int
    events: int
    auroc: float
    """On the first county's hold-out rows."""


def achievable(second: Workspace, config: NeedConfig, tasks: Sequence[Again]) -> dict[str, Taught]:
    """By task.  The rows of the second county have the columns of the first one's models."""
    run(second, "features.histories", config.histories)
    snapshot = open_snapshot(second.store)
    history = _alike(snapshot, load_history(second, config.histories), tasks[0].model)
    found = {}
    for task in tasks:
        tell(f"best achievable: {task.model.task.id}")
        found[task.model.task.id] = _taught(second, config, task, snapshot, history)
    return found


def _alike(snapshot: Snapshot, history: History, model: NeedModel) -> History:
    """The same rows with the model's own columns: codes were learned in the first county."""
    if history.vocabulary.to_json() == model.vocabulary.to_json():
        return history
    tell(f"second county: {len(history.rows):,} rows anew with the first county's codes")
    return replace(build(snapshot, history.rows, model.catalogue, model.vocabulary), attrition=history.attrition)


def _taught(second: Workspace, config: NeedConfig, task: Again, snapshot: Snapshot, history: History) -> Taught:
    parts, one = task.model.parts, task.model.task
    labelled = cohort(one, snapshot, history)
    label = reached(one, labelled.label)
    signs = column_directions(config.fit, parts.explainer.specs)
    sample = Sample(parts.used_columns(labelled.frame), label, labelled.clients, parts.used, signs)
    unsearched = Searcher(SearchSettings(trials=0), second.mlflow / "search.sqlite", one.id, snapshot.sha256)
    step = fit_step(one.id, sample, config.fit, config.bounds, unsearched)
    scored = step.fitted.model.probabilities(task.used)
    return Taught(len(label), int(label.sum()), auroc(task.label, np.asarray(scored)))
