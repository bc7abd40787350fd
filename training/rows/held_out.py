"""Scores of training rows by models that never saw their clients: what calibration, choice and sets rest on."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import Learner
from models.learners.boosting import BoostedTrees, BoostingSettings
from models.learners.calibration import fit_platt, sigmoid

SMALLEST = 1e-7  # log loss of a certain and wrong answer stays finite


@dataclass(frozen=True)
class Sample:
    """Training rows of one outcome."""

    rows: np.ndarray
    labels: np.ndarray
    clients: np.ndarray
    names: Sequence[str]
    directions: Sequence[int] = ()
    """Per column: 1 = never lowers the score, -1 = never raises it, 0 = free."""
    weights: np.ndarray | None = None
    """How many rows each row stands for (mean about 1); None = one each."""

    def part(self, kept: np.ndarray) -> "Sample":
        """The rows of a mask."""
        weights = None if self.weights is None else self.weights[kept]
        return Sample(self.rows[kept], self.labels[kept], self.clients[kept], self.names, self.directions, weights)

    def fingerprint(self) -> str:
        """SHA-256 (16 letters) of everything that a learner sees: another sample is another search."""
        digest = hashlib.sha256(repr((tuple(self.names), tuple(self.directions))).encode())
        for values in (self.rows, self.labels, self.weights if self.weights is not None else np.empty(0)):
            digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()[:16]


@dataclass(frozen=True)
class HeldOut:
    """Raw scores of every training row, by kind of learner, each by a learner that saw none of the row's client."""

    folds: np.ndarray
    labels: np.ndarray
    scores: Mapping[str, np.ndarray]
    weights: np.ndarray | None = None

    @cached_property
    def losses(self) -> Mapping[str, float]:
        """Per kind: mean log loss (nats) of the scores, calibrated on the other folds only."""
        return {kind: log_loss(self.calibrated(kind), self.labels, self.weights) for kind in self.scores}

    def calibrated(self, kind: str) -> np.ndarray:
        """Probabilities: each fold's scores through the affine map of the other folds', as a new client's would be."""
        scores, p = self.scores[kind], np.empty(len(self.labels))
        for fold in np.unique(self.folds):
            held = self.folds == fold
            weights = None if self.weights is None else self.weights[~held]
            p[held] = sigmoid(fit_platt(scores[~held], self.labels[~held], weights).log_odds(scores[held]))
        return p


def out_of_fold(sample: Sample, folds: np.ndarray, fit: Callable[[Sample], Learner]) -> np.ndarray:
    """Raw score of every row by a learner that saw none of its client's rows."""
    scores = np.empty(len(sample.rows))
    for fold in np.unique(folds):
        held = folds == fold
        scores[held] = fit(sample.part(~held)).raw(sample.rows[held])
    return scores


def out_of_fold_trees(sample: Sample, folds: np.ndarray, settings: BoostingSettings) -> np.ndarray:
    """Out-of-fold scores of LightGBM."""
    return out_of_fold(sample, folds, lambda part: fit_trees(part, settings))


def fit_trees(sample: Sample, settings: BoostingSettings) -> BoostedTrees:
    """LightGBM on every row of the sample."""
    return BoostedTrees.fit(sample.rows, sample.labels, sample.names, settings, sample.directions, sample.weights)


def fit_line(sample: Sample, settings: BaselineSettings) -> LogisticRegression:
    """Logistic regression on every row of the sample."""
    return LogisticRegression.fit(sample.rows, sample.labels, sample.names, settings, sample.weights)


def log_loss(p: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Mean (weighted) log loss in nats."""
    p = np.clip(p, SMALLEST, 1 - SMALLEST)
    return float(-np.average(np.where(labels == 1, np.log(p), np.log(1 - p)), weights=weights))
