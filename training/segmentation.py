"""Trains a segmentation scheme on recorded segmentations: calibrated axes, segment sets, baselines on the same rows.

`python -m training.segmentation --config configs/segmentation.yaml`
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from configs.command import parse_config_path, run_command, say
from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.fairness import WorkingPoint
from evaluation.fairness.settings import AXIS_THRESHOLD
from evaluation.monitoring.decided import stored_decisions
from evaluation.report.shap_report import ReportIdentity
from features.histories import History, build, load_history
from features.store import Snapshot, open_snapshot, read_table
from models.explaining.comparison import Comparison
from models.explaining.concepts import load_concepts
from models.explaining.supposing.changeable import fit_changeable
from models.explaining.wording.sentences import load_sentences
from models.names import segmentation_model
from models.needs.need import AGE
from models.parts import ClientParts, column_names
from models.segments.eligibility import EligibilityRules, check_features
from models.segments.scheme import Axis, Level, Scheme, load_scheme
from models.segments.segmentation import SegmentationModel
from training.fitting import Fitted, column_directions, fit_calibrated
from training.publishing.fairness import HoldOut, Judged, judged
from training.publishing.leak_alarm import Alarm, sound
from training.publishing.publish import Outcome, explained_output, measured, publish
from training.retraining.kept import kept_version
from training.rows.attrition import split_steps
from training.rows.decision_labels import day_after, decision_labels, with_decisions
from training.rows.held_out import Sample
from training.rows.holdout import Rows, numbered, shuffled
from training.rows.records import Records, recorded_segmentations
from training.rows.splits import Holdout, temporal_client_holdout
from training.search import Searcher
from training.segments import labels, outcome, reach
from training.segments.axes import FittedAxis, Learned, questions_of, trees_alone
from training.segments.beside import Beside
from training.segments.config import SegmentationConfig
from training.segments.rivals import Contest, rivals_of
from training.segments.weights import Weighting, inverse_probability, spread, unrecorded_rows
from training.tracking import tracked_run

LABEL_SOURCE = {
    "fi": "Kirjatut segmentoinnit: niitä on vain osasta organisaatioita ja asiakkaita, joten otos on vino.",
    "sv": "Registrerade segmenteringar: de finns endast för en del organisationer och klienter; urvalet är skevt.",
    "en": "Recorded segmentations: they exist for some organisations and clients only, so the sample is biased.",
}


@dataclass(frozen=True)
class Given:
    """What a training starts from."""

    config: SegmentationConfig
    workspace: Workspace
    snapshot: Snapshot
    history: History
    scheme: Scheme
    rules: EligibilityRules
    residents: pd.DataFrame

    @classmethod
    def of(cls, config: SegmentationConfig) -> "Given":
        """Read from disk what the config names.  Raises ConfigError or DataError."""
        workspace, scheme = Workspace.of(config.var), load_scheme(config.scheme)
        config.check_axes(scheme)
        rules = load_config(config.eligibility, EligibilityRules)
        snapshot = open_snapshot(workspace.store)
        history = load_history(workspace, config.histories)
        check_features(rules.features(), [spec.name for spec in history.specs], config.eligibility)
        return cls(config, workspace, snapshot, history, scheme, rules, read_table(snapshot, "residents"))


def train(config: SegmentationConfig) -> None:
    """Train the config's scheme.  Raises ConfigError, DataError or ModelError; then nothing is saved."""
    given = Given.of(config)
    name = segmentation_model(given.scheme.id)
    if kept_version(given.workspace, name, config, given.snapshot.sha256):
        return
    learned, weighting = learn_from(given)
    version = learned.parts.catalogue.sources_version
    with tracked_run(given.workspace, name, "segmentation", config, given.snapshot.sha256, version) as run:
        alarm = sound(run, config.leak_alarm, questions_of(learned, given.scheme), learned.parts.used, config.fit.seed)
        contest = Contest(given.scheme, fitted_axes(given, learned), learned, config.fit, config.comparisons)
        stored, beside = _outcome(given, contest, alarm)
        metrics = {**measured(stored), **beside.metrics, **(weighting.metrics if weighting else {})}
        for file, content in beside.files.items():
            run.log_json(file, content)
        registered = publish(run, stored, metrics)
    wanted = {output: config.fit_of(axis.axis.id).served for axis in contest.axes for output, _, _ in axis.outputs}
    say("\n".join([*_report(given, learned, stored, metrics, weighting), *beside.said(wanted)]))
    say(f"Registered {registered.name} version {registered.version} (bundle {registered.sha256[:12]}).\n")


def learn_from(given: Given) -> tuple[Learned, Weighting | None]:
    """Records, cut in time and by client, and what `learn_on` makes of them."""
    records, config = labelled(given), given.config
    cut = temporal_client_holdout(records.as_of, records.clients, config.holdout_share, config.train_from)
    return learn_on(given, records, cut)


def learn_on(given: Given, records: Records, split: Holdout) -> tuple[Learned, Weighting | None]:
    """Records with feature rows, the learners' columns, weights.  Raises DataError: a level is missing or too rare."""
    config, history = given.config, given.history
    labels.require_levels(given.scheme, records.levels, split, config.minimum_positives)
    frame = build(given.snapshot, records.rows, history.catalogue, history.vocabulary).frame.to_numpy(np.float32)
    names = [spec.name for spec in history.specs]
    used, unseen = _used(given, frame[split.train], names)
    parts = _parts(given, frame[split.train], used, records.clients[split.train])
    weighting = _weighting(given, records, frame, split)
    weights = None if weighting is None else spread(weighting.weights, split.train)
    segments = labels.segment_labels(given.scheme, records.levels)
    return Learned(records, frame, split, parts, parts.used_columns(frame), segments, unseen, weights), weighting


def labelled(given: Given) -> Records:
    """Recorded segmentations and, where the config says so, labels from decisions."""
    records, source = recorded_segmentations(given.snapshot, given.scheme), given.config.decisions
    if source == "none":
        return records
    decided, until = stored_decisions(given.workspace, given.snapshot), day_after(given.snapshot.data_until)
    return with_decisions(records, decision_labels(decided, given.scheme, source, until), given.scheme)


def _parts(given: Given, train: np.ndarray, used: tuple[str, ...], clients: np.ndarray) -> ClientParts:
    """What a bundle carries beside its learners, from the training rows."""
    config, history = given.config, given.history
    names = [spec.name for spec in history.specs]
    shown = train[:, [names.index(name) for name in used]]
    comparison = Comparison.fit(shown, used, _ages(train, names), clients)
    sentences, concepts = load_sentences(config.sentences), load_concepts(config.concepts, history.catalogue)
    parts = ClientParts(history.catalogue, history.vocabulary, used, comparison, sentences, concepts=concepts)
    specs = parts.explainer.specs
    return replace(parts, changeable=fit_changeable(config.changeable, history.catalogue, specs, shown, clients))


def _used(given: Given, train: np.ndarray, names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(columns that the learners see, families left out because nothing is known of them)."""
    wanted = column_names(given.history.specs, given.config.without_families)
    used, unknown = labels.split_known(train[:, [names.index(name) for name in wanted]], wanted)
    if unknown:
        say(labels.unknown_said(unknown))
    return used, labels.unseen_families(given.history.specs, unknown)


def _weighting(given: Given, records: Records, frame: np.ndarray, split: Holdout) -> Weighting | None:
    """Weights of the training rows, from everything known of a client at as_of; None when they all count the same."""
    fit, history = given.config.fit, given.history
    if fit.weights == "none":
        return None
    clients = history.rows["client_id"].astype(object).to_numpy()
    as_of = history.rows["as_of"].to_numpy()
    drawn = unrecorded_rows(clients, as_of, records.clients, split.first_test, fit.weight_sample, fit.seed)
    others, names = history.frame.iloc[drawn].to_numpy(np.float32), [spec.name for spec in history.specs]
    others = others[labels.pass_the_gate(given.rules, others, names)]
    return inverse_probability(frame[split.train], others, names, fit.baseline, fit.weight_limits)


def _ages(frame: np.ndarray, names: Sequence[str]) -> np.ndarray:
    return frame[:, list(names).index(AGE)] if AGE in names else np.full(len(frame), np.nan)


def fitted_axes(given: Given, learned: Learned) -> tuple[FittedAxis, ...]:
    """Every axis with its thresholds fitted and calibrated."""
    return tuple(
        FittedAxis(axis, place, tuple(_fit_steps(given, learned, axis, place)))
        for place, axis in enumerate(given.scheme.axes)
    )


def _fit_steps(given: Given, learned: Learned, axis: Axis, place: int) -> Iterator[tuple[Level, Fitted]]:
    fit, train = given.config.fit_of(axis.id), learned.split.train & learned.known(place)
    levels, clients = learned.records.levels[train, place], learned.records.clients[train]
    signs = column_directions(fit, learned.parts.explainer.specs, learned.unseen)
    weights = None if learned.weights is None else learned.weights[train]
    for step, level in enumerate(axis.levels[1:], start=1):
        above = (levels >= step).astype(np.int8)
        sample = Sample(learned.used[train], above, clients, learned.parts.used, signs, weights)
        study = f"{segmentation_model(axis.id)}-{level.id}"
        storage = given.workspace.mlflow / "search.sqlite"
        yield level, fit_calibrated(sample, fit, Searcher(fit.search, storage, study, given.snapshot.sha256))


def _outcome(given: Given, contest: Contest, alarm: Alarm) -> tuple[Outcome, Beside]:
    learned, config = contest.learned, given.config
    sets = outcome.sets_of(contest, config.sets)
    served = tuple(axis.served for axis in contest.axes)
    model = SegmentationModel(learned.parts, given.scheme, given.rules, served, conformal=sets)
    rivals = {rival.name: rival for rival in rivals_of(contest)}
    rows = _rows(given, learned)
    classes = outcome.classes(contest, rivals, rows, sets)
    predictions = shuffled(outcome.predictions(contest.axes, learned, rows))
    fair = _fairness(given, contest, rows, predictions)
    beside = Beside.of(config, contest, rivals, sets, classes, _reach(given, learned))
    passed = labels.pass_the_gate(given.rules, learned.frame, learned.parts.feature_names)
    clients = learned.records.clients
    return Outcome(
        model=model,
        training=learned.frame[learned.split.train],
        identity=_identity(given, learned),
        predictions=predictions,
        outputs=[
            explained_output(output, axis.axis.name.as_text(), fitted.model, learned.used[learned.split.test])
            for axis in contest.axes
            for output, _, fitted in axis.outputs
        ],
        attrition=(*learned.records.attrition, *split_steps(learned.split, clients)),
        metrics={
            **reach.label_metrics(clients, passed, given.residents),
            **outcome.direct_metrics(contest, rivals),
            **outcome.level_metrics(contest.axes, learned),
            **trees_alone(contest.axes, learned),
            **alarm.metrics,
            **fair.metrics,
        },
        alarm=alarm,
        classes=shuffled(classes),
        frames=fair.frames,
        documents=fair.documents,
        owners=config.owners,
    ), beside


def _fairness(given: Given, contest: Contest, rows: Rows, predictions: pd.DataFrame) -> Judged:
    learned, test = contest.learned, contest.learned.split.test
    served = {output: fitted.model.probabilities for axis in contest.axes for output, _, fitted in axis.outputs}
    parts, used = learned.parts, learned.used[test]
    frame, known = learned.frame[test], parts.feature_names
    held = HoldOut(learned.records.rows[test], frame, known, rows.numbers, used, parts.used, served)
    points = {output: WorkingPoint(threshold=AXIS_THRESHOLD) for axis in contest.axes for output, _, _ in axis.outputs}
    name = segmentation_model(given.scheme.id)
    return judged(given.snapshot, given.config.traits, held, predictions, points, name)


def _rows(given: Given, learned: Learned) -> Rows:
    test = learned.split.test
    ages = _ages(learned.frame, learned.parts.feature_names)[test]
    return numbered(learned.records.rows[test], ages, given.residents, given.config.fit.seed)


def _reach(given: Given, learned: Learned) -> reach.Reach:
    contacts = read_table(given.snapshot, "contacts", columns=["client_id", "legacy_org"])
    legacy = reach.most_used_organisation(contacts)
    return reach.reach_of(
        given.history, given.rules, learned.records.clients, given.residents, legacy, given.config.fit.seed
    )


def _identity(given: Given, learned: Learned) -> ReportIdentity:
    clients, train = learned.records.clients, learned.split.train
    return ReportIdentity(
        name=segmentation_model(given.scheme.id),
        kind="segmentation",
        snapshot_sha256=given.snapshot.sha256,
        data_until=str(given.snapshot.data_until),
        label_source=LABEL_SOURCE,
        training_rows=int(train.sum()),
        training_clients=len(np.unique(clients[train])),
        holdout=learned.split.describe(clients),
        config=given.config.model_dump(mode="json"),
    )


def _report(
    given: Given, learned: Learned, stored: Outcome, metrics: dict[str, float], weighting: Weighting | None
) -> Iterator[str]:
    """What the command prints before the comparisons."""
    scheme, rows = given.scheme, int(learned.split.train.sum())
    coverage = f" ({metrics['label_coverage']:.1%} of residents)" if "label_coverage" in metrics else ""
    yield f"Segmentation {scheme.id} version {scheme.version}"
    yield (
        f"  labels: {len(learned.records.levels)} recorded segmentations of {metrics['label_clients']:.0f} "
        f"clients{coverage}; {metrics['label_eligible_share']:.0%} of them pass the eligibility gate"
    )
    yield f"  training {rows} rows; hold-out: {stored.identity.holdout}"
    if weighting is not None:
        yield (
            f"  weighted by inverse probability of a record: as much as {weighting.effective_rows:.0f} equal rows; "
            f"{weighting.limited:.1%} of weights were limited"
        )


def main(argv: Sequence[str] | None = None) -> int:
    """`python -m training.segmentation --config configs/segmentation.yaml`."""
    path = parse_config_path(
        argv, "training.segmentation", "Trains a segmentation scheme.", "configs/segmentation.yaml"
    )
    return run_command(lambda: train(load_config(path, SegmentationConfig)))


if __name__ == "__main__":
    raise SystemExit(main())
