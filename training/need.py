"""Trains one or several need tasks: labels from the registers, LightGBM beside logistic regression, one bundle each.

`python -m training.need --config configs/need.yaml`
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.errors import ConfigError
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.metrics import auroc
from evaluation.shap_report import ReportIdentity
from features.histories import History, load_history
from features.outcomes import Labels, Window, label_history
from features.store import Snapshot, open_snapshot, read_table
from models.eligibility import check_features, holds_all
from models.explaining.changeable import fit_changeable
from models.explaining.comparison import Comparison
from models.explaining.sentences import load_sentences
from models.learners.blend import Blend
from models.names import need_model
from models.need import AGE, NeedModel, NeedTask, load_task
from models.parts import ClientParts, column_names
from training.attrition import split_steps
from training.axes import figures
from training.fitting import FitSettings, Fitted, Sample, column_directions, fit_calibrated
from training.holdout import numbered, shuffled
from training.leak_alarm import Alarm, LeakAlarm, Question, sound
from training.publish import Outcome, explained_output, measured, publish
from training.search import Searcher
from training.splits import Holdout, require_positives, temporal_holdout
from training.tables import comparison_table
from training.tracking import tracked_run

LABEL_SOURCE = {
    "fi": "Rekistereihin kirjatut palvelujaksot ennustepäivän jälkeen; käyttö ei ole sama asia kuin tarve.",
    "sv": "Serviceperioder i registren efter prognosdagen; användning är inte detsamma som behov.",
    "en": "Episodes recorded in the registers after the prediction date; use is not the same as need.",
}


class NeedConfig(StrictConfig):
    """configs/need.yaml."""

    var: str
    histories: str
    sentences: str
    changeable: str | None = None
    """What a counterfactual may change; without it no answer says what would change it."""
    tasks: tuple[str, ...] = Field(min_length=1)
    without_families: tuple[str, ...] = ()
    """Families that no task's model may see (protected traits, traces of the recording instance)."""
    holdout_share: float = Field(default=0.3, gt=0, lt=1)
    minimum_positives: int = Field(default=30, ge=2)
    leak_alarm: LeakAlarm = LeakAlarm()
    compare_with: str | None = None
    """A feature whose value alone is shown beside the models as the simplest rule (smaller = more likely)."""
    floors: Mapping[str, float] = {}
    """AUROC measured elsewhere on the same task, by name, shown beside this run's."""
    fit: FitSettings = FitSettings()


@dataclass(frozen=True)
class Labelled:
    """The cohort of a task: whole feature rows, labels, whose they are and when."""

    frame: np.ndarray
    rows: pd.DataFrame
    label: np.ndarray
    attrition: tuple[dict[str, object], ...]

    @property
    def clients(self) -> np.ndarray:
        return self.rows["client_id"].astype(object).to_numpy()

    @property
    def as_of(self) -> np.ndarray:
        return self.rows["as_of"].to_numpy().astype("datetime64[D]")


def train(config: NeedConfig) -> None:
    """Train every task of the config.  Raises ConfigError, DataError or ModelError; a failed task saves nothing."""
    workspace = Workspace.of(config.var)
    snapshot = open_snapshot(workspace.store)
    history = load_history(workspace, config.histories)
    for path in config.tasks:
        train_task(config, load_task(path), workspace, snapshot, history)


def train_task(config: NeedConfig, task: NeedTask, workspace: Workspace, snapshot: Snapshot, history: History) -> None:
    """Label, split, fit, measure, register and print one task."""
    labelled = cohort(task, snapshot, history)
    split = temporal_holdout(labelled.as_of, config.holdout_share, task.horizon_days + task.gap_days)
    for part, mask in (("training", split.train), ("hold-out", split.test)):
        require_positives(labelled.label[mask], config.minimum_positives, f"Task {task.id}, {part}")
    parts = _parts(config, task, history, labelled, split)
    used, signs = parts.used_columns(labelled.frame), column_directions(config.fit, parts.explainer.specs)
    sample = Sample(used[split.train], labelled.label[split.train], labelled.clients[split.train], parts.used, signs)
    searcher = Searcher(config.fit.search, workspace.mlflow / "search.sqlite", need_model(task.id), snapshot.sha256)
    version = history.catalogue.sources_version
    with tracked_run(workspace, need_model(task.id), "need", config, snapshot.sha256, version) as run:
        question = Question(task.id, sample.rows, sample.labels)
        alarm = sound(run, config.leak_alarm, [question], parts.used, config.fit.seed)
        fitted = fit_calibrated(sample, config.fit, searcher)
        model = NeedModel(parts, task, fitted.model)
        outcome = _outcome(config, task, snapshot, model, fitted, labelled, split, used, alarm)
        metrics = measured(outcome)
        registered = publish(run, outcome, metrics)
    say(_report(task, metrics, outcome, labelled, split, config))
    say(f"Registered {registered.name} version {registered.version} (bundle {registered.sha256[:12]}).\n")


def cohort(task: NeedTask, snapshot: Snapshot, history: History) -> Labelled:
    """The rows that the task is about, with labels.  Raises ConfigError for a feature that is not there."""
    names = [spec.name for spec in history.specs]
    where = [condition.feature for condition in task.cohort.where]
    check_features(where, names, f"task {task.id}")
    place = {name: index for index, name in enumerate(names)}
    frame = history.frame.to_numpy(dtype=np.float32)
    inside = holds_all(task.cohort.where, {name: frame[:, place[name]] for name in where}, len(frame))
    inside &= task.ages.hold(frame[:, place[AGE]]) if AGE in place else True
    labels = _labels(task, snapshot, history.rows[inside])
    asked = {"filter": "ages and cohort of the task", **_counts(history.rows, inside)}
    rows = history.rows[inside][labels.kept].reset_index(drop=True)
    return Labelled(frame[inside][labels.kept], rows, labels.label, (*history.attrition, asked, *labels.attrition))


def _labels(task: NeedTask, snapshot: Snapshot, rows: pd.DataFrame) -> Labels:
    window = Window(task.horizon_days, task.gap_days)
    return label_history(snapshot, rows, task.outcome, window, task.cohort.open_episode)


def _counts(rows: pd.DataFrame, kept: np.ndarray) -> dict[str, object]:
    clients = rows["client_id"]
    return {
        "rows_before": len(rows),
        "rows_after": int(kept.sum()),
        "clients_before": int(clients.nunique()),
        "clients_after": int(clients[kept].nunique()),
    }


def _parts(config: NeedConfig, task: NeedTask, history: History, labelled: Labelled, split: Holdout) -> ClientParts:
    without = (*config.without_families, *task.without_families)
    unknown = [family for family in without if family not in history.catalogue.families]
    if unknown:
        raise ConfigError(f"without_families: no family is called `{unknown[0]}`. Look in the feature catalogue.")
    used = column_names(history.specs, without)
    names = [spec.name for spec in history.specs]
    train = labelled.frame[split.train]
    comparison = Comparison.fit(
        train[:, [names.index(name) for name in used]], used, _ages(train, names), labelled.clients[split.train]
    )
    parts = ClientParts(history.catalogue, history.vocabulary, used, comparison, load_sentences(config.sentences))
    shown, clients = parts.used_columns(train), labelled.clients[split.train]
    changeable = fit_changeable(config.changeable, history.catalogue, parts.explainer.specs, shown, clients)
    return replace(parts, changeable=changeable)


def _ages(frame: np.ndarray, names: Sequence[str]) -> np.ndarray:
    return frame[:, list(names).index(AGE)] if AGE in names else np.full(len(frame), np.nan)


def _outcome(
    config: NeedConfig,
    task: NeedTask,
    snapshot: Snapshot,
    model: NeedModel,
    fitted: Fitted,
    labelled: Labelled,
    split: Holdout,
    used: np.ndarray,
    alarm: Alarm,
) -> Outcome:
    test, residents = used[split.test], read_table(snapshot, "residents")
    ages = _ages(labelled.frame, model.feature_names)[split.test]
    numbers = numbered(labelled.rows[split.test], ages, residents, config.fit.seed)
    labels = labelled.label[split.test]
    predictions = numbers.predictions(
        task.id, labels, fitted.model.probabilities(test), fitted.baseline.probabilities(test)
    )
    identity = ReportIdentity(
        name=need_model(task.id),
        kind="need",
        snapshot_sha256=snapshot.sha256,
        data_until=str(snapshot.data_until),
        label_source=LABEL_SOURCE,
        training_rows=int(split.train.sum()),
        training_clients=len(np.unique(labelled.clients[split.train])),
        holdout=split.describe(labelled.clients),
        config=config.model_dump(mode="json"),
    )
    return Outcome(
        model=model,
        training=labelled.frame[split.train],
        identity=identity,
        predictions=shuffled(predictions),
        outputs=[explained_output(task.id, task.name.as_text(), fitted.model, test)],
        attrition=(*labelled.attrition, *split_steps(split, labelled.clients)),
        metrics={**_more_metrics(labelled, split, used, fitted), **alarm.metrics},
        alarm=alarm,
    )


def _more_metrics(labelled: Labelled, split: Holdout, used: np.ndarray, fitted: Fitted) -> dict[str, float]:
    """The loss that the search saw, LightGBM alone, and the same figures for clients unseen in training."""
    clients, labels = labelled.clients, labelled.label
    found = {"out_of_fold_log_loss": fitted.out_of_fold_loss}
    if isinstance(fitted.model.learner, Blend):
        alone = figures(labels[split.test], fitted.trees.probabilities(used[split.test]))
        found |= {f"trees_{name}": value for name, value in alone.items()}
    unseen = split.test & ~np.isin(clients, clients[split.train])
    if len(np.unique(labels[unseen])) == 2:
        found["unseen_clients_auroc"] = auroc(labels[unseen], fitted.model.probabilities(used[unseen]))
        found["baseline_unseen_clients_auroc"] = auroc(labels[unseen], fitted.baseline.probabilities(used[unseen]))
    return found


def _report(
    task: NeedTask,
    metrics: dict[str, float],
    outcome: Outcome,
    labelled: Labelled,
    split: Holdout,
    config: NeedConfig,
) -> str:
    """What the command prints: sizes, the model beside its baseline, and the simplest rule."""
    train, test = labelled.label[split.train], labelled.label[split.test]
    lines = [
        f"Need task {task.id}: horizon {task.horizon_days} days, gap {task.gap_days} days",
        f"  training {len(train)} rows, {int(train.sum())} with the outcome; "
        f"hold-out from {split.first_test}: {len(test)} rows, {int(test.sum())} with the outcome",
        comparison_table(outcome.predictions, metrics),
    ]
    if config.compare_with is not None:
        column = labelled.frame[split.test, list(outcome.model.feature_names).index(config.compare_with)]
        score = np.where(np.isnan(column), np.nanmax(column) + 1, column)
        lines.append(f"  rule `{config.compare_with}` alone: AUROC {auroc(test, -score.astype(np.float64)):.3f}")
    if config.floors:
        lines.append(
            "  measured elsewhere: " + ", ".join(f"{name} {value:.3f}" for name, value in config.floors.items())
        )
    if task.published_best is not None:
        lines.append(f"  best published: AUROC {task.published_best.auroc:.3f} ({task.published_best.source})")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m training.need --config configs/need.yaml`."""
    path = parse_config_path(argv, "training.need", "Trains need tasks.", "configs/need.yaml")
    return run_command(lambda: train(load_config(path, NeedConfig)))


if __name__ == "__main__":
    raise SystemExit(main())
