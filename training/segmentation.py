"""Trains a segmentation scheme on recorded segmentations: one calibrated model per axis, baselines on the same rows.

`python -m training.segmentation --config configs/segmentation.yaml`
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from pydantic import Field

from configs.command import parse_config_path, run_command, say
from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from evaluation.shap_report import ReportIdentity
from features.histories import History, build, load_history
from features.store import Snapshot, open_snapshot, read_table
from models.eligibility import EligibilityRules, check_features
from models.explaining.changeable import fit_changeable
from models.explaining.comparison import Comparison
from models.explaining.concepts import load_concepts
from models.explaining.sentences import load_sentences
from models.learners.boosting import BoostedClasses
from models.names import segmentation_model
from models.need import AGE
from models.parts import ClientParts, column_names
from models.scheme import Axis, Level, Scheme, load_scheme
from models.segmentation import SegmentationModel, output_id
from training.attrition import split_steps
from training.axes import (
    DIRECT,
    FittedAxis,
    Learned,
    direct_metrics,
    label_metrics,
    questions_of,
    trees_alone,
)
from training.fitting import FitSettings, Fitted, Sample, column_directions, fit_calibrated
from training.holdout import Rows, numbered, shuffled
from training.leak_alarm import Alarm, LeakAlarm, sound
from training.publish import Outcome, explained_output, measured, publish
from training.records import NO_LEVEL, recorded_segmentations
from training.search import Searcher
from training.splits import Holdout, require_positives, temporal_client_holdout
from training.tables import classes_table, comparison_table
from training.tracking import tracked_run

LABEL_SOURCE = {
    "fi": "Kirjatut segmentoinnit: niitä on vain osasta organisaatioita ja asiakkaita, joten otos on vino.",
    "sv": "Registrerade segmenteringar: de finns endast för en del organisationer och klienter; urvalet är skevt.",
    "en": "Recorded segmentations: they exist for some organisations and clients only, so the sample is biased.",
}


class SegmentationConfig(StrictConfig):
    """configs/segmentation.yaml."""

    var: str
    histories: str
    scheme: str
    eligibility: str
    sentences: str
    changeable: str | None = None
    concepts: str | None = None
    """Which families are one reason; without it every family is."""
    """What a counterfactual may change; without it no answer says what would change it."""
    without_families: tuple[str, ...] = ()
    """Families that the axes may not see (protected traits, traces of the recording instance)."""
    train_from: date | None = None
    """Records before this date are not learned from: a known break in supply, demand or recording."""
    holdout_share: float = Field(default=0.25, gt=0, lt=1)
    minimum_positives: int = Field(default=40, ge=2)
    leak_alarm: LeakAlarm = LeakAlarm()
    fit: FitSettings = FitSettings()


def train(config: SegmentationConfig) -> None:
    """Train the config's scheme.  Raises ConfigError, DataError or ModelError; then nothing is saved."""
    workspace = Workspace.of(config.var)
    scheme = load_scheme(config.scheme)
    rules = load_config(config.eligibility, EligibilityRules)
    snapshot = open_snapshot(workspace.store)
    learned = _learned(config, snapshot, load_history(workspace, config.histories), scheme)
    check_features(rules.features(), learned.parts.feature_names, config.eligibility)
    name = segmentation_model(scheme.id)
    for place, axis in enumerate(scheme.axes):
        _require_levels(axis, learned.records.levels[:, place], learned.split, config.minimum_positives)
    version = learned.parts.catalogue.sources_version
    with tracked_run(workspace, name, "segmentation", config, snapshot.sha256, version) as run:
        alarm = sound(run, config.leak_alarm, questions_of(learned, scheme), learned.parts.used, config.fit.seed)
        axes = [
            FittedAxis(axis, tuple(_fit_steps(config, workspace, snapshot, learned, axis, place)))
            for place, axis in enumerate(scheme.axes)
        ]
        model = SegmentationModel(learned.parts, scheme, rules, tuple(axis.served for axis in axes))
        outcome = _outcome(config, snapshot, model, axes, learned, alarm)
        metrics = measured(outcome)
        registered = publish(run, outcome, metrics)
    say(_report(scheme, metrics, outcome, learned))
    say(f"Registered {registered.name} version {registered.version} (bundle {registered.sha256[:12]}).\n")


def _learned(config: SegmentationConfig, snapshot: Snapshot, history: History, scheme: Scheme) -> Learned:
    records = recorded_segmentations(snapshot, scheme)
    built = build(snapshot, records.rows, history.catalogue, history.vocabulary)
    frame = built.frame.to_numpy(dtype=np.float32)
    names = [spec.name for spec in history.specs]
    clients = records.clients
    split = temporal_client_holdout(records.as_of, clients, config.holdout_share, config.train_from)
    used = column_names(history.specs, config.without_families)
    columns = [names.index(name) for name in used]
    train = split.train
    comparison = Comparison.fit(frame[train][:, columns], used, _ages(frame, names)[train], clients[train])
    concepts = load_concepts(config.concepts, history.catalogue)
    sentences = load_sentences(config.sentences)
    parts = ClientParts(history.catalogue, history.vocabulary, used, comparison, sentences, concepts=concepts)
    shown = parts.used_columns(frame)
    changeable = fit_changeable(
        config.changeable, history.catalogue, parts.explainer.specs, shown[train], clients[train]
    )
    return Learned(records, frame, split, replace(parts, changeable=changeable), shown)


def _ages(frame: np.ndarray, names: Sequence[str]) -> np.ndarray:
    return frame[:, list(names).index(AGE)] if AGE in names else np.full(len(frame), np.nan)


def _require_levels(axis: Axis, levels: np.ndarray, split: Holdout, least: int) -> None:
    for step in range(1, len(axis.levels)):
        for part, mask in (("training", split.train), ("hold-out", split.test)):
            known = levels[mask & (levels != NO_LEVEL)]
            what = f"Axis {axis.id}, {part}, level {axis.levels[step].id} or above"
            require_positives((known >= step).astype(np.int8), least, what)


def _fit_steps(
    config: SegmentationConfig, workspace: Workspace, snapshot: Snapshot, learned: Learned, axis: Axis, place: int
) -> Iterator[tuple[Level, Fitted]]:
    levels, clients = learned.records.levels[:, place], learned.records.clients
    train = learned.split.train & (levels != NO_LEVEL)
    signs = column_directions(config.fit, learned.parts.explainer.specs)
    for step, level in enumerate(axis.levels[1:], start=1):
        labels = (levels[train] >= step).astype(np.int8)
        sample = Sample(learned.used[train], labels, clients[train], learned.parts.used, signs)
        study = f"{segmentation_model(axis.id)}-{level.id}"
        searcher = Searcher(config.fit.search, workspace.mlflow / "search.sqlite", study, snapshot.sha256)
        yield level, fit_calibrated(sample, config.fit, searcher)


def _outcome(
    config: SegmentationConfig,
    snapshot: Snapshot,
    model: SegmentationModel,
    axes: Sequence[FittedAxis],
    learned: Learned,
    alarm: Alarm,
) -> Outcome:
    test, records = learned.split.test, learned.records
    residents = read_table(snapshot, "residents")
    ages = _ages(learned.frame, model.feature_names)[test]
    rows = numbered(records.rows[test], ages, residents, config.fit.seed)
    classes = _classes(config, model, axes, learned, rows)
    identity = ReportIdentity(
        name=segmentation_model(model.scheme.id),
        kind="segmentation",
        snapshot_sha256=snapshot.sha256,
        data_until=str(snapshot.data_until),
        label_source=LABEL_SOURCE,
        training_rows=int(learned.split.train.sum()),
        training_clients=len(np.unique(records.clients[learned.split.train])),
        holdout=learned.split.describe(records.clients),
        config=config.model_dump(mode="json"),
    )
    return Outcome(
        model=model,
        training=learned.frame[learned.split.train],
        identity=identity,
        predictions=shuffled(_predictions(axes, learned, rows)),
        outputs=[
            explained_output(output_id(one.axis, level), one.axis.name.as_text(), fitted.model, learned.used[test])
            for one in axes
            for level, fitted in one.steps
        ],
        attrition=(*records.attrition, *split_steps(learned.split, records.clients)),
        metrics={
            **label_metrics(model, learned, residents),
            **direct_metrics(classes),
            **trees_alone(axes, learned),
            **alarm.metrics,
        },
        alarm=alarm,
        classes=shuffled(classes.drop(columns=[DIRECT])),
    )


def _predictions(axes: Sequence[FittedAxis], learned: Learned, rows: Rows) -> pd.DataFrame:
    """predictions.parquet: one output per axis and level."""
    test, found = learned.split.test, []
    for place, one in enumerate(axes):
        levels = learned.records.levels[test, place]
        known = levels != NO_LEVEL
        used = learned.used[test][known]
        for step, (level, fitted) in enumerate(one.steps, start=1):
            p, baseline_p = fitted.model.probabilities(used), fitted.baseline.probabilities(used)
            found.append(rows.part(known).predictions(output_id(one.axis, level), levels[known] >= step, p, baseline_p))
    return pd.concat(found)


def _classes(
    config: SegmentationConfig, model: SegmentationModel, axes: Sequence[FittedAxis], learned: Learned, rows: Rows
) -> pd.DataFrame:
    """classes.parquet with the direct multi-class model's proposal beside; rows whose every axis was recorded."""
    scheme, segments = model.scheme, np.array([segment.id for segment in model.scheme.segments])
    levels, split = learned.records.levels, learned.split
    whole = (levels != NO_LEVEL).all(axis=1)
    label = np.full(len(levels), "", dtype=object)
    label[whole] = [_segment(scheme, one) for one in levels[whole]]
    test, train = split.test & whole, split.train & whole
    line = SegmentationModel(model.parts, scheme, model.rules, tuple(one.baseline for one in axes))
    place = {segment: index for index, segment in enumerate(segments)}
    target = np.array([place[segment] for segment in label[train]])
    direct = BoostedClasses.fit(
        learned.used[train], target, len(segments), learned.parts.used, config.fit.boosting
    ).probabilities(learned.used[test])
    served, baseline = (one.segment_probabilities(learned.used[test]) for one in (model, line))
    found = rows.part(whole[split.test]).classes(
        label[test], segments[served.argmax(axis=1)], segments[baseline.argmax(axis=1)]
    )
    return found.assign(**{DIRECT: segments[direct.argmax(axis=1)]})


def _segment(scheme: Scheme, levels: np.ndarray) -> str:
    named = {axis.id: axis.level_ids[level] for axis, level in zip(scheme.axes, levels, strict=True)}
    return scheme.segment_of(named)


def _report(scheme: Scheme, metrics: dict[str, float], outcome: Outcome, learned: Learned) -> str:
    """What the command prints."""
    coverage = f" ({metrics['label_coverage']:.1%} of residents)" if "label_coverage" in metrics else ""
    lines = [
        f"Segmentation {scheme.id} version {scheme.version}",
        f"  labels: {len(learned.records.levels)} recorded segmentations of {metrics['label_clients']:.0f} "
        f"clients{coverage}; {metrics['label_eligible_share']:.0%} of them pass the eligibility gate",
        f"  training {int(learned.split.train.sum())} rows; hold-out: {outcome.identity.holdout}",
        comparison_table(outcome.predictions, metrics),
        classes_table(
            metrics,
            {"": "two axes, as served", "baseline_": "two axes, logistic regression", DIRECT: "direct LightGBM"},
        ),
    ]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m training.segmentation --config configs/segmentation.yaml`."""
    path = parse_config_path(
        argv, "training.segmentation", "Trains a segmentation scheme.", "configs/segmentation.yaml"
    )
    return run_command(lambda: train(load_config(path, SegmentationConfig)))


if __name__ == "__main__":
    raise SystemExit(main())
