"""Every other way of answering, fitted on the same training rows and folds, for the comparison table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.held_out.boosting_machine import BoostingMachine, is_installed
from evaluation.held_out.draws import macro_log_loss
from evaluation.held_out.rivals import SERVED, Rival, Target
from models.learners.boosting import BoostedClasses
from models.segments.scheme import Scheme
from models.segments.segmentation import AxisModel, combine, level_shares
from training.rows.held_out import log_loss
from training.segments.axes import FittedAxis, Learned, held_out_segments
from training.segments.config import Comparisons, SegmentationFit


@dataclass(frozen=True)
class Contest:
    """What the rivals are fitted on and asked about."""

    scheme: Scheme
    axes: Sequence[FittedAxis]
    learned: Learned
    fit: SegmentationFit
    settings: Comparisons

    @property
    def train(self) -> np.ndarray:
        """Training rows whose every axis was recorded."""
        return self.learned.split.train & self.learned.whole

    @property
    def test(self) -> np.ndarray:
        """Hold-out rows whose every axis was recorded."""
        return self.learned.split.test & self.learned.whole

    def classes(self, rows: np.ndarray) -> np.ndarray:
        """Segment number of each row."""
        place = {segment.id: number for number, segment in enumerate(self.scheme.segments)}
        return np.array([place[segment] for segment in self.learned.segments[rows]], dtype=np.int64)


def target_of(contest: Contest) -> Target:
    """What was recorded on the hold-out."""
    labels, clients = {}, {}
    for axis in contest.axes:
        rows = contest.learned.split.test & contest.learned.known(axis.place)
        levels = contest.learned.records.levels[rows, axis.place]
        for output, step, _ in axis.outputs:
            labels[output], clients[output] = levels >= step, contest.learned.records.clients[rows]
    owners = contest.learned.records.clients[contest.test]
    return Target(labels, clients, contest.classes(contest.test), owners)


def rivals_of(contest: Contest) -> Iterator[Rival]:
    """The served model first, then prior, logistic regression, LightGBM, the direct model, the boosting machine."""
    yield _axes_rival(contest, SERVED, [axis.served for axis in contest.axes], "")
    yield prior(contest)
    yield _axes_rival(contest, "logistic", [axis.baseline for axis in contest.axes], "logistic")
    yield _axes_rival(contest, "lightgbm", [axis.trees for axis in contest.axes], "lightgbm")
    yield direct(contest)
    if contest.settings.boosting_machine and is_installed():
        yield boosting_machine(contest)


def _axes_rival(contest: Contest, name: str, models: Sequence[AxisModel], kind: str) -> Rival:
    """The axes with one kind of learner."""
    learned, outputs, losses = contest.learned, {}, {}
    for axis, model in zip(contest.axes, models, strict=True):
        rows = learned.used[learned.split.test & learned.known(axis.place)]
        for (output, _, fitted), threshold in zip(axis.outputs, model.thresholds, strict=True):
            outputs[output] = threshold.probabilities(rows)
            losses[output] = fitted.held_out.losses[kind or fitted.served]
    segments = combine(contest.scheme, [model.level_probabilities(learned.used[contest.test]) for model in models])
    shares = held_out_segments(contest.scheme, contest.axes, learned, kind)
    return Rival(name, outputs, segments, {**losses, "segment": _macro(contest, shares)})


def prior(contest: Contest) -> Rival:
    """The training rows' shares for everybody; out of fold the same, because a fold's shares hardly differ."""
    learned, outputs, losses = contest.learned, {}, {}
    for axis in contest.axes:
        rows = int((learned.split.test & learned.known(axis.place)).sum())
        for output, _, fitted in axis.outputs:
            share = float(fitted.held_out.labels.mean())
            outputs[output] = np.full(rows, share)
            losses[output] = log_loss(np.full(len(fitted.held_out.labels), share), fitted.held_out.labels)
    classes = contest.classes(contest.train)
    shares = np.bincount(classes, minlength=len(contest.scheme.segments)) / len(classes)
    everybody = np.tile(shares, (int(contest.test.sum()), 1))
    losses["segment"] = _macro(contest, np.tile(shares, (len(classes), 1)))
    return Rival("prior", outputs, everybody, losses)


def direct(contest: Contest) -> Rival:
    """One multi-class LightGBM for the segments, never explained and never served."""
    rows = _at_most(contest.train, contest.settings.rows, contest.fit.seed)
    learned, folds = contest.learned, np.full(len(contest.train), -1)
    first = contest.axes[0]
    folds[learned.split.train & learned.known(first.place)] = first.steps[0][1].held_out.folds
    shares = np.empty((int(rows.sum()), len(contest.scheme.segments)))
    for fold in np.unique(folds[rows]):
        held = folds[rows] == fold
        shares[held] = _direct(contest, rows & (folds != fold)).probabilities(learned.used[rows][held])
    loss = macro_log_loss(contest.classes(rows), shares, np.ones((1, len(shares))))[0]
    segments = _direct(contest, rows).probabilities(learned.used[contest.test])
    return Rival("direct", {}, segments, {"segment": float(loss)})


def _direct(contest: Contest, rows: np.ndarray) -> BoostedClasses:
    learned = contest.learned
    weights = None if learned.weights is None else learned.weights[rows]
    names, classes = learned.parts.used, contest.classes(rows)
    number = len(contest.scheme.segments)
    return BoostedClasses.fit(learned.used[rows], classes, number, names, contest.fit.boosting, weights)


def boosting_machine(contest: Contest) -> Rival:
    """The explainable boosting machine per axis and level; its out-of-fold loss where the config asks for it."""
    learned, outputs, levels = contest.learned, {}, []
    losses: dict[str, float] = {}
    for axis in contest.axes:
        known = learned.known(axis.place)
        kept = _at_most(learned.split.train & known, contest.settings.rows, contest.fit.seed)
        above = []
        for output, step, fitted in axis.outputs:
            label = learned.records.levels[kept, axis.place] >= step
            machine = _machine(contest, learned.used[kept], label)
            outputs[output] = machine.probabilities(learned.used[learned.split.test & known])
            above.append(machine.probabilities(learned.used[contest.test]))
            if contest.settings.on_folds and kept.sum() == len(fitted.held_out.folds):
                losses[output] = _machine_loss(contest, learned.used[kept], label, fitted.held_out.folds)
        levels.append(level_shares(np.column_stack(above)))
    return Rival("boosting_machine", outputs, combine(contest.scheme, levels), losses)


def _machine(contest: Contest, rows: np.ndarray, label: np.ndarray) -> BoostingMachine:
    return BoostingMachine.fit(rows, label.astype(np.int8), contest.settings.bags, contest.fit.seed)


def _machine_loss(contest: Contest, rows: np.ndarray, label: np.ndarray, folds: np.ndarray) -> float:
    p = np.empty(len(label))
    for fold in np.unique(folds):
        held = folds == fold
        p[held] = _machine(contest, rows[~held], label[~held]).probabilities(rows[held])
    return log_loss(p, label.astype(np.int8))


def _macro(contest: Contest, shares: np.ndarray) -> float:
    return float(macro_log_loss(contest.classes(contest.train), shares, np.ones((1, len(shares))))[0])


def _at_most(rows: np.ndarray, most: int, seed: int) -> np.ndarray:
    """The mask itself, or a random part of it."""
    places = np.flatnonzero(rows)
    if len(places) <= most:
        return rows
    kept = np.zeros(len(rows), dtype=bool)
    kept[np.random.default_rng(seed).choice(places, most, replace=False)] = True
    return kept


def proposals(rivals: Mapping[str, Rival], scheme: Scheme, name: str) -> np.ndarray:
    """Segment ids that a rival proposes on the hold-out."""
    segments = np.array([segment.id for segment in scheme.segments])
    return np.asarray(segments[rivals[name].proposing.argmax(axis=1)])
