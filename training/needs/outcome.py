"""What a need training stores of its hold-out: predictions, levels, amounts, and the tables computed from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.fairness.settings import need_point
from evaluation.metrics import auroc
from evaluation.needs.amounts import amount_report
from evaluation.needs.levels import level_report
from evaluation.needs.slopes import MUNICIPALITY, municipality_slopes
from evaluation.needs.tables import need_report
from evaluation.report.shap_report import ReportIdentity
from features.store import Snapshot
from models.learners.blend import Blend
from models.names import need_model
from models.needs.need import NeedModel, main_place
from training.needs.fits import Step
from training.needs.labelled import Labelled
from training.publishing.fairness import HoldOut, Judged, judged
from training.publishing.leak_alarm import Alarm
from training.publishing.publish import Outcome, explained_output
from training.rows.attrition import split_steps
from training.rows.holdout import Rows, shuffled
from training.rows.splits import Holdout, among
from training.segments.axes import figures

LABEL_SOURCE = {
    "fi": "Rekistereihin kirjatut tapahtumat ennustepäivän jälkeen; käyttö ei ole sama asia kuin tarve.",
    "sv": "Händelser i registren efter prognosdagen; användning är inte detsamma som behov.",
    "en": "What the registers recorded after the prediction date; use is not the same as need.",
}
LEVELS_FILE, AMOUNTS_FILE, REPORT_FILE = "levels.parquet", "amounts.parquet", "need_report.json"
OFFERED_FROM = (0.05, 0.1, 0.2, 0.3, 0.5)
"""Probabilities from which on something might be offered: where net benefit is told (our choice)."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A fitted task with its hold-out rows."""

    model: NeedModel
    steps: Sequence[Step]
    labelled: Labelled
    split: Holdout
    tested: np.ndarray
    """Row numbers of the hold-out that are scored."""
    used: np.ndarray
    """The learners' columns of those rows."""
    rows: Rows
    training: np.ndarray
    """Some whole training rows, for the golden ones."""

    @property
    def label(self) -> np.ndarray:
        """Level index of the tested rows."""
        return self.labelled.label[self.tested]


def stored(
    trained: Trained, snapshot: Snapshot, config: Mapping[str, object], alarm: Alarm, seen: int, traits: str
) -> Outcome:
    """Everything that the run stores.  `seen` is how many rows the training had before any sampling."""
    task, labelled, split = trained.model.task, trained.labelled, trained.split
    told, found = shuffled(predictions(trained)), frames(trained)
    fair = _fairness(trained, snapshot, told, traits)
    identity = ReportIdentity(
        name=need_model(task.id),
        kind="need",
        snapshot_sha256=snapshot.sha256,
        data_until=str(snapshot.data_until),
        label_source=LABEL_SOURCE,
        training_rows=seen,
        training_clients=len(pd.unique(labelled.clients[split.train])),
        holdout=split.describe(labelled.clients),
        config=dict(config),
    )
    return Outcome(
        model=trained.model,
        training=trained.training,
        identity=identity,
        predictions=told,
        outputs=[
            explained_output(step.output, task.name.as_text(), step.fitted.model, trained.used)
            for step in trained.steps
        ],
        attrition=(*labelled.attrition, *split_steps(split, labelled.clients)),
        metrics={**_more_metrics(trained), **alarm.metrics, **fair.metrics},
        alarm=alarm,
        frames={**found, **fair.frames},
        documents={REPORT_FILE: tables(trained, told, found), **fair.documents},
        owners=task.owners,
    )


def _fairness(trained: Trained, snapshot: Snapshot, told: pd.DataFrame, traits: str) -> Judged:
    """By group, at the most that a team can see; a step below the main level is no need, so it has no recall."""
    task, labelled, tested = trained.model.task, trained.labelled, trained.tested
    frame, model = labelled.take(tested), trained.model
    served = {step.output: step.fitted.model.probabilities for step in trained.steps}
    rows, numbers, used = labelled.rows.iloc[tested], trained.rows.numbers, trained.used
    held = HoldOut(rows, frame, model.feature_names, numbers, used, model.parts.used, served)
    outputs = [step.output for place, step in enumerate(trained.steps, start=1) if place >= main_place(task)]
    points = dict.fromkeys(outputs, need_point(task.capacity))
    return judged(snapshot, traits, held, told, points, need_model(task.id))


def predictions(trained: Trained) -> pd.DataFrame:
    """predictions.parquet: one output per question, with the days to the event."""
    parts = [
        trained.rows.predictions(
            step.output,
            trained.label >= place,
            step.fitted.model.probabilities(trained.used),
            step.fitted.baseline.probabilities(trained.used),
        ).assign(event_days=_event_days(trained, place))
        for place, step in enumerate(trained.steps, start=1)
    ]
    return pd.concat(parts)


def _event_days(trained: Trained, place: int) -> np.ndarray:
    """Days to the event of one question; NaN where it did not come.

    "Stable or heavier" is no event that one could be warned of, and the day of lighter care is none of heavier care:
    only levels from the main one up have days.
    """
    is_event = (trained.label >= place) & (place >= main_place(trained.model.task))
    return np.where(is_event, trained.labelled.event_days[trained.tested], np.nan)


def frames(trained: Trained) -> dict[str, pd.DataFrame]:
    """levels.parquet and amounts.parquet, where the task has levels or an amount."""
    found = {}
    if trained.model.steps:
        found[LEVELS_FILE] = _levels(trained)
    if trained.model.amount is not None:
        found[AMOUNTS_FILE] = _amounts(trained)
    return found


def tables(trained: Trained, told: pd.DataFrame, found: Mapping[str, pd.DataFrame]) -> dict[str, object]:
    """need_report.json: every table of the task, computed from what is stored."""
    task = trained.model.task
    report: dict[str, object] = {
        "probabilities": need_report(told, task.capacity, task.lead_days, OFFERED_FROM),
        "slopes": municipality_slopes(told) if MUNICIPALITY in told else {},
    }
    if LEVELS_FILE in found:
        report["levels"] = level_report(found[LEVELS_FILE], task.outcome.levels)
    if AMOUNTS_FILE in found:
        report["amounts"] = amount_report(found[AMOUNTS_FILE])
    return report


def _levels(trained: Trained) -> pd.DataFrame:
    names = np.array(trained.model.task.outcome.levels, dtype=object)
    proposed = trained.model.level_probabilities(trained.used).argmax(axis=1)
    above = np.column_stack([step.fitted.baseline.probabilities(trained.used) for step in trained.steps])
    line = (above >= 0.5).sum(axis=1)
    return shuffled(trained.rows.classes(names[trained.label], names[proposed], names[line]))


def _amounts(trained: Trained) -> pd.DataFrame:
    amounts, model = trained.labelled.amount, trained.model.amount
    if amounts is None or model is None:
        raise AssertionError("amounts without a model")  # `frames` asked already
    predicted = model.values(trained.used)
    low, high = model.interval(predicted)
    mean = float(amounts[trained.split.train].mean())
    found = trained.rows.numbers.assign(amount=amounts[trained.tested].astype(np.float64), predicted=predicted)
    return shuffled(found.assign(low=low, high=high, baseline_predicted=mean))


def _more_metrics(trained: Trained) -> dict[str, float]:
    """The loss that the search saw, LightGBM alone, and the same figures for clients unseen in training."""
    main = next(step for step in trained.steps if step.output == trained.model.task.id)
    label = _yes(trained, main)
    found = {"out_of_fold_log_loss": main.fitted.out_of_fold_loss}
    if isinstance(main.fitted.model.learner, Blend):
        alone = figures(label, main.fitted.trees.probabilities(trained.used))
        prefix = f"trees_{main.output}_" if len(trained.steps) > 1 else "trees_"
        found |= {f"{prefix}{name}": value for name, value in alone.items()}
    clients = trained.labelled.clients
    unseen = ~among(clients[trained.tested], clients[trained.split.train])
    if len(np.unique(label[unseen])) == 2:
        used = trained.used[unseen]
        found["unseen_clients_auroc"] = auroc(label[unseen], main.fitted.model.probabilities(used))
        found["baseline_unseen_clients_auroc"] = auroc(label[unseen], main.fitted.baseline.probabilities(used))
    return found


def _yes(trained: Trained, step: Step) -> np.ndarray:
    place = 1 + [one.output for one in trained.steps].index(step.output)
    return (trained.label >= place).astype(np.int8)
