"""Trains one or several need tasks: labels from the registers, LightGBM beside logistic regression, one bundle each.

`python -m training.need --config configs/need.yaml`
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.errors import ConfigError, DataError, ModelError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.published import published_folder
from evaluation.report.factors import group_factors, write_factor_report
from features.histories import History, load_history
from features.outcomes import features_overlap
from features.store import Snapshot, open_snapshot, read_table
from models.explaining.comparison import Comparison
from models.explaining.concepts import load_concepts
from models.explaining.supposing.changeable import fit_changeable
from models.explaining.wording.sentences import load_sentences
from models.names import need_model
from models.needs.alternatives import load_alternatives
from models.needs.need import NeedModel, main_place, main_step, output_id
from models.needs.need_task import NeedTask, load_task
from models.parts import ClientParts, column_names
from training.fitting import FitSettings, column_directions
from training.needs.fits import Step, fit_amount, fit_step
from training.needs.labelled import Labelled, ages_of, cohort
from training.needs.outcome import REPORT_FILE, Trained, stored
from training.needs.sampling import Bounds, at_random, whole_clients
from training.needs.told import report
from training.publishing.leak_alarm import Alarm, LeakAlarm, Question, sound
from training.publishing.publish import Outcome, measured, publish
from training.retraining.kept import kept_version
from training.rows.held_out import Sample
from training.rows.holdout import numbered
from training.rows.splits import Holdout, require_positives, temporal_holdout
from training.search import Searcher
from training.segments.labels import split_known, unknown_said
from training.tracking import TrackedRun, tracked_run


class NeedConfig(StrictConfig):
    """configs/need.yaml."""

    var: str
    histories: str
    sentences: str
    changeable: str | None = None
    """What "what would change it" may change; without it no model says."""
    concepts: str | None = None
    """Which families are one reason; without it every family is."""
    tasks: tuple[str, ...] = Field(min_length=1)
    """Files, or ids of shipped tasks.  One that cannot be trained makes the command fail at the end."""
    tasks_where_enough: tuple[str, ...] = ()
    """Tasks that are left out, and said so, where the county has too few outcomes for them."""
    traits: str = "configs/traits.yaml"
    """By what people are compared when the model is judged."""
    without_families: tuple[str, ...] = ()
    """Families that no task's model may see (protected traits, traces of the recording instance)."""
    holdout_share: float = Field(default=0.3, gt=0, lt=1)
    minimum_positives: int = Field(default=30, ge=2)
    leak_alarm: LeakAlarm = LeakAlarm()
    compare_with: str | None = None
    """A feature whose value alone is shown beside the models as the simplest rule (smaller = more likely)."""
    floors: Mapping[str, float] = {}
    """AUROC measured elsewhere on the same task, by name, shown beside this run's."""
    bounds: Bounds = Bounds()
    fit: FitSettings = FitSettings()


def train(config: NeedConfig) -> None:
    """Train every task of the config.  Raises ConfigError, DataError or ModelError; a failed task saves nothing.

    A task that cannot be trained does not stop the others; the command fails at the end and names each reason.
    """
    needed = [load_task(path) for path in config.tasks]
    others = [load_task(path) for path in config.tasks_where_enough]
    workspace = Workspace.of(config.var)
    snapshot = open_snapshot(workspace.store)
    history = load_history(workspace, config.histories)
    failed = []
    for task in (*needed, *others):
        try:
            train_task(config, task, workspace, snapshot, history)
        except (DataError, ModelError) as error:
            say(f"Need task {task.id} was not trained: {error}\n")
            failed += [str(error)] if task in needed else []
    if failed:
        raise DataError(" ".join(failed))


def train_task(config: NeedConfig, task: NeedTask, workspace: Workspace, snapshot: Snapshot, history: History) -> None:
    """Label, split, fit, measure, register and print one task."""
    if kept_version(workspace, need_model(task.id), config, snapshot.sha256):
        return
    _refuse_overlap(config, task, history)
    labelled = cohort(task, snapshot, history)
    split = temporal_holdout(labelled.as_of, config.holdout_share, task.horizon_days + task.gap_days)
    for part, mask in (("training", split.train), ("hold-out", split.test)):
        require_positives(_yes(task, labelled.label[mask]), config.minimum_positives, f"Task {task.id}, {part}")
    parts = _parts(config, task, history, labelled, split)
    version = history.catalogue.sources_version
    with tracked_run(workspace, need_model(task.id), "need", config, snapshot.sha256, version) as run:
        alarm = _sound(config, task, run, parts, labelled, split)
        trained = _trained(config, task, parts, labelled, split, workspace, snapshot)
        settings, seen = config.model_dump(mode="json"), int(split.train.sum())
        outcome = stored(trained, snapshot, settings, alarm, seen, config.traits)
        metrics = measured(outcome)
        if task.report_only:
            _tell_of_groups(run, trained, outcome, metrics, published_folder(workspace, snapshot.sha256))
            return
        registered = publish(run, outcome, metrics)
    say(report(trained, outcome, metrics, config.compare_with, config.floors))
    say(f"Registered {registered.name} version {registered.version} (bundle {registered.sha256[:12]}).\n")


def _tell_of_groups(
    run: TrackedRun, trained: Trained, outcome: Outcome, metrics: Mapping[str, float], folder: Path
) -> None:
    """A task that answers about groups only: its run holds no bundle, so it can be neither promoted nor served."""
    task, parts, model = trained.model.task, trained.model.parts, trained.model.model
    run.log_metrics(metrics)
    run.log_json(REPORT_FILE, outcome.documents[REPORT_FILE])
    numbers = trained.rows.numbers
    shares = model.explain(trained.used).shares
    lines = group_factors(
        shares, parts.explainer.specs, numbers, numbers["client"].to_numpy(), parts.concepts, parts.catalogue
    )
    told = {name: metrics[name] for name in ("auroc", "baseline_auroc", "calibration_slope") if name in metrics}
    write_factor_report(folder, task.id, task.name.as_text(), told, lines)
    say(
        f"Need task {task.id} answers about groups only: AUROC {metrics['auroc']:.3f}; no version is registered. "
        f"Published in published/{folder.name}/factors_{task.id}.html.\n"
    )


def _refuse_overlap(config: NeedConfig, task: NeedTask, history: History) -> None:
    """Raises ConfigError when a feature family is the outcome itself."""
    without = {*config.without_families, *task.without_families}
    seen = [family for family in history.catalogue.enabled if family.id not in without]
    features_overlap(task.outcome, seen, task.gap_days)


def _yes(task: NeedTask, label: np.ndarray) -> np.ndarray:
    """1 at the main level or above (the outcome itself where it is yes or no)."""
    return (label >= main_place(task)).astype(np.int8)


def _sound(
    config: NeedConfig, task: NeedTask, run: TrackedRun, parts: ClientParts, labelled: Labelled, split: Holdout
) -> Alarm:
    rows = _some(config, split)
    question = Question(task.id, parts.used_columns(labelled.take(rows)), _yes(task, labelled.label[rows]))
    return sound(run, config.leak_alarm, [question], parts.used, config.fit.seed)


def _some(config: NeedConfig, split: Holdout) -> np.ndarray:
    """Numbers of the training rows that comparison values and the leak alarm look at."""
    return at_random(np.flatnonzero(split.train), config.bounds.max_alarm_rows, np.random.default_rng(config.fit.seed))


def _trained(
    config: NeedConfig,
    task: NeedTask,
    parts: ClientParts,
    labelled: Labelled,
    split: Holdout,
    workspace: Workspace,
    snapshot: Snapshot,
) -> Trained:
    steps, sample = _steps(config, task, parts, labelled, split, workspace, snapshot)
    amount = None
    if labelled.amount is not None:
        amount = fit_amount(sample, labelled.amount[split.train], config.fit, config.bounds)
    models = tuple(step.fitted.model for step in steps)
    ordered = len(task.outcome.levels) > 2
    alternatives = load_alternatives(task.alternatives, parts.catalogue) if task.alternatives else None
    model = NeedModel(
        parts=parts,
        task=task,
        model=main_step(task, models) if ordered else models[0],
        steps=models if ordered else (),
        amount=amount,
        alternatives=alternatives,
        trained_until=_trained_until(labelled, split, task),
    )
    tested = np.flatnonzero(
        whole_clients(labelled.clients, split.test, config.bounds.max_holdout_rows, config.fit.seed)
    )
    frame = labelled.take(tested)
    residents = read_table(snapshot, "residents")
    rows = numbered(labelled.rows.iloc[tested], ages_of(frame, model.feature_names), residents, config.fit.seed)
    training = labelled.take(_some(config, split))
    return Trained(model, steps, labelled, split, tested, parts.used_columns(frame), rows, training)


def _steps(
    config: NeedConfig,
    task: NeedTask,
    parts: ClientParts,
    labelled: Labelled,
    split: Holdout,
    workspace: Workspace,
    snapshot: Snapshot,
) -> tuple[list[Step], Sample]:
    """One fitted question per level above the lowest, and the rows that the last one saw (labels of the main level)."""
    signs = column_directions(config.fit, parts.explainer.specs, _unknown_families(config, task, parts))
    used = parts.used_columns(labelled.take(split.train))
    label, clients, steps = labelled.label[split.train], labelled.clients[split.train], []
    for place, level in enumerate(task.outcome.levels[1:], start=1):
        output = output_id(task, level) if len(task.outcome.levels) > 2 else task.id
        study = need_model(task.id) if output == task.id else need_model(output)
        sample = Sample(used, (label >= place).astype(np.int8), clients, parts.used, signs)
        searcher = Searcher(config.fit.search, workspace.mlflow / "search.sqlite", study, snapshot.sha256)
        steps.append(fit_step(output, sample, config.fit, config.bounds, searcher))
    return steps, Sample(used, _yes(task, label), clients, parts.used, signs)


def _unknown_families(config: NeedConfig, task: NeedTask, parts: ClientParts) -> tuple[str, ...]:
    """Families that the model was to see and of which no training row knows anything."""
    seen = {spec.family for spec in parts.explainer.specs} | {*config.without_families, *task.without_families}
    return tuple(sorted({spec.family for spec in parts.specs} - seen))


def _trained_until(labelled: Labelled, split: Holdout, task: NeedTask) -> date:
    """The end of the last training row's window: from here on the model has seen nothing."""
    last = labelled.as_of[split.train].max() + np.timedelta64(task.horizon_days + task.gap_days, "D")
    return date.fromisoformat(str(last.astype("datetime64[D]")))


def _parts(config: NeedConfig, task: NeedTask, history: History, labelled: Labelled, split: Holdout) -> ClientParts:
    without = (*config.without_families, *task.without_families)
    unknown = [family for family in without if family not in history.catalogue.families]
    if unknown:
        raise ConfigError(f"without_families: no family is called `{unknown[0]}`. Look in the feature catalogue.")
    wanted, names = column_names(history.specs, without), [spec.name for spec in history.specs]
    rows = _some(config, split)
    frame = labelled.take(rows)
    used, nowhere = split_known(frame[:, [names.index(name) for name in wanted]], wanted)
    if nowhere:
        say(f"Need task {task.id}. {unknown_said(nowhere)}")
    columns = [names.index(name) for name in used]
    comparison = Comparison.fit(frame[:, columns], used, ages_of(frame, names), labelled.clients[rows])
    sentences, concepts = load_sentences(config.sentences), load_concepts(config.concepts, history.catalogue)
    parts = ClientParts(history.catalogue, history.vocabulary, used, comparison, sentences, concepts=concepts)
    shown = parts.used_columns(frame)
    clients = labelled.clients[rows]
    return replace(
        parts,
        changeable=fit_changeable(config.changeable, history.catalogue, parts.explainer.specs, shown, clients),
    )


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m training.need --config configs/need.yaml`."""
    path = parse_config_path(argv, "training.need", "Trains need tasks.", "configs/need.yaml")
    return run_command(lambda: train(load_config(path, NeedConfig)))


if __name__ == "__main__":
    raise SystemExit(main())
