"""The learners of one need task: a calibrated model per yes/no question, and one for an amount where it has one."""

from dataclasses import dataclass, replace

import numpy as np

from models.learners.amount import AmountModel
from models.learners.binary import BinaryModel, Learner
from models.learners.blend import Blend
from models.learners.boosting import BoostedTrees, BoostingSettings
from models.learners.calibration import Calibration, fit_platt, sigmoid
from training.fitting import BLEND, LINE, TREES, FitSettings, Fitted, chosen, fit_calibrated
from training.needs.sampling import Bounds, Chosen, at_random, chosen_rows
from training.rows.held_out import HeldOut, Sample, fit_line, fit_trees, log_loss
from training.rows.splits import client_folds
from training.search import Searcher

LARGE_THREADS = 2
"""Threads of LightGBM on many rows; on few they only wait for each other."""


@dataclass(frozen=True)
class Step:
    """One yes/no question of a task with what answers it."""

    output: str
    fitted: Fitted
    rows: int
    """Rows that LightGBM learned from."""


def fit_step(output: str, sample: Sample, settings: FitSettings, bounds: Bounds, searcher: Searcher) -> Step:
    """Fit one question: on folds while the rows are few, with sampling and held-out clients when they are many."""
    if len(sample.rows) <= bounds.folds_until:
        return Step(output, fit_calibrated(sample, settings, searcher), len(sample.rows))
    picked = chosen_rows(sample.labels, sample.clients, bounds, settings.seed)
    return Step(output, _fit_large(sample, picked, settings), len(picked.fit))


def _fit_large(sample: Sample, picked: Chosen, settings: FitSettings) -> Fitted:
    """Stored settings, no search, no refit: calibrated on clients that the learners never saw."""
    boosting = many_rows(settings.boosting)
    trees = fit_trees(_part(sample, picked.fit), boosting)
    line = fit_line(_part(sample, picked.line), settings.baseline)
    held, share = _part(sample, picked.calibrate), settings.line_share
    learners: dict[str, Learner] = {LINE: line, TREES: trees}
    scores = {LINE: line.raw(held.rows), TREES: trees.raw(held.rows)}
    shifts = {LINE: picked.line_shift, TREES: picked.fit_shift}
    if share:
        learners[BLEND] = Blend(trees, line, share)
        scores[BLEND] = (1 - share) * scores[TREES] + share * scores[LINE]
        shifts[BLEND] = (1 - share) * picked.fit_shift + share * picked.line_shift
    true_scores = {kind: score - shifts[kind] for kind, score in scores.items()}
    folds = client_folds(held.clients, held.labels, settings.folds, settings.seed)
    held_out = HeldOut(folds, held.labels, true_scores)
    served = chosen(settings, held_out)
    models = {
        kind: BinaryModel(learners[kind], _unshifted(fit_platt(score, held.labels), shifts[kind]))
        for kind, score in true_scores.items()
    }
    loss = log_loss(sigmoid(true_scores[served]), held.labels)
    return Fitted(models[served], models[TREES], models[LINE], boosting, loss, served, held_out)


def _unshifted(calibration: Calibration, shift: float) -> Calibration:
    """The map for raw scores, given the one for scores whose sampling shift was taken off."""
    return Calibration(calibration.slope, calibration.intercept - calibration.slope * shift)


def fit_amount(sample: Sample, amounts: np.ndarray, settings: FitSettings, bounds: Bounds) -> AmountModel:
    """The expected amount; its map and interval come from clients that the trees never saw."""
    kept = at_random(np.arange(len(amounts)), bounds.max_rows, np.random.default_rng(settings.seed))
    rows, known, clients = sample.rows[kept], amounts[kept].astype(np.float64), sample.clients[kept]
    boosting = many_rows(settings.boosting) if len(kept) > bounds.folds_until else settings.boosting
    folds = client_folds(clients, sample.labels[kept], settings.folds, settings.seed)
    held_out = np.empty(len(kept))
    for fold in np.unique(folds):
        own = folds == fold
        trees = BoostedTrees.fit_amount(rows[~own], known[~own], sample.names, boosting)
        held_out[own] = trees.raw(rows[own])
    return AmountModel.fit(BoostedTrees.fit_amount(rows, known, sample.names, boosting), held_out, known)


def many_rows(settings: BoostingSettings) -> BoostingSettings:
    """The same trees grown by two threads."""
    return settings.model_copy(update={"threads": max(settings.threads, LARGE_THREADS)})


def _part(sample: Sample, rows: np.ndarray) -> Sample:
    """The sample's rows by number."""
    weights = None if sample.weights is None else sample.weights[rows]
    return replace(
        sample, rows=sample.rows[rows], labels=sample.labels[rows], clients=sample.clients[rows], weights=weights
    )
