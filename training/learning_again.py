"""What a training learns from and is measured on, output by output, ready to be learned again on fewer columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from configs.workspace import Workspace
from features.catalogue.specs import FeatureSpec
from features.histories import load_history
from features.store import Snapshot
from models.learners.binary import BinaryModel
from models.needs.need import main_place
from models.needs.need_task import load_task
from models.parts import column_names
from models.segments.segmentation import output_id
from training.fitting import FitSettings, column_directions, fit_calibrated
from training.need import NeedConfig
from training.needs.fits import fit_step
from training.needs.labelled import cohort
from training.needs.sampling import whole_clients
from training.rows.held_out import Sample
from training.rows.splits import temporal_holdout
from training.search import Searcher, SearchSettings
from training.segmentation import Given, learn_from
from training.segments.labels import split_known


@dataclass(frozen=True, eq=False)
class Learning:
    """One output: rows to learn from and to measure on, and how a model is fitted on some of the columns."""

    output: str
    train: Sample
    test: np.ndarray
    label: np.ndarray
    client: np.ndarray
    """Of the hold-out rows, as `label`."""
    specs: Sequence[FeatureSpec]
    share: float | None
    fit: Callable[[Sample], BinaryModel]


def need_learning(config: NeedConfig, task_id: str, workspace: Workspace, snapshot: Snapshot) -> Learning:
    """The main question of a task, on the rows that its training learns from and is measured on."""
    task, history = load_task(task_id), load_history(workspace, config.histories)
    labelled = cohort(task, snapshot, history)
    split = temporal_holdout(labelled.as_of, config.holdout_share, task.horizon_days + task.gap_days)
    specs = {spec.name: spec for spec in history.specs}
    wanted = column_names(history.specs, (*config.without_families, *task.without_families))
    place = [list(specs).index(name) for name in wanted]
    train = labelled.take(split.train)[:, place]
    used, _ = split_known(train, wanted)
    kept = np.isin(wanted, used)
    own = [specs[name] for name in used]
    tested = np.flatnonzero(
        whole_clients(labelled.clients, split.test, config.bounds.max_holdout_rows, config.fit.seed)
    )
    yes, fit = (labelled.label >= main_place(task)).astype(np.int8), _plain(config.fit)
    searcher = Searcher(fit.search, workspace.mlflow / "search.sqlite", task.id, snapshot.sha256)
    sample = _sample(train[:, kept], yes[split.train], labelled.clients[split.train], own, fit)
    return Learning(
        output=task.id,
        train=sample,
        test=labelled.take(tested)[:, place][:, kept],
        label=yes[tested],
        client=labelled.clients[tested],
        specs=own,
        share=max(task.capacity),
        fit=lambda part: fit_step(task.id, part, fit, config.bounds, searcher).fitted.model,
    )


def axis_learnings(given: Given) -> list[Learning]:
    """Every level above the lowest of every axis of the scheme."""
    learned, _ = learn_from(given)
    specs, found = learned.parts.explainer.specs, list[Learning]()
    for place, axis in enumerate(given.scheme.axes):
        fit = _plain(given.config.fit_of(axis.id))
        train, test = (part & learned.known(place) for part in (learned.split.train, learned.split.test))
        levels, clients = learned.records.levels[:, place], learned.records.clients
        for step, level in enumerate(axis.levels[1:], start=1):
            yes, output = (levels >= step).astype(np.int8), output_id(axis, level)
            searcher = Searcher(fit.search, given.workspace.mlflow / "search.sqlite", output, given.snapshot.sha256)
            sample = _sample(learned.used[train], yes[train], clients[train], specs, fit)
            if learned.weights is not None:
                sample = replace(sample, weights=learned.weights[train])
            found.append(
                Learning(
                    output, sample, learned.used[test], yes[test], clients[test], specs, None, _fitter(fit, searcher)
                )
            )
    return found


def _fitter(fit: FitSettings, searcher: Searcher) -> Callable[[Sample], BinaryModel]:
    return lambda sample: fit_calibrated(sample, fit, searcher).model


def _plain(fit: FitSettings) -> FitSettings:
    """The settings of the training without a search: what differs is what is left out."""
    return fit.model_copy(update={"search": SearchSettings(trials=0)})


def _sample(
    rows: np.ndarray, labels: np.ndarray, clients: np.ndarray, specs: Sequence[FeatureSpec], fit: FitSettings
) -> Sample:
    signs = column_directions(fit, specs, tuple(fit.directions))
    return Sample(rows, labels, clients, tuple(spec.name for spec in specs), signs)
