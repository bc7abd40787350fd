"""One calibrated yes/no model with its baseline: the same rows, the same folds, both calibrated on held-out scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from configs.errors import ConfigError
from configs.loader import StrictConfig, nearest
from features.catalogue.specs import FeatureSpec
from models.learners.baseline import BaselineSettings, LogisticRegression
from models.learners.binary import BinaryModel, Learner
from models.learners.blend import Blend
from models.learners.boosting import BoostedTrees, BoostingSettings
from models.learners.calibration import fit_platt, sigmoid
from training.search import Searcher, SearchSettings
from training.splits import client_folds

Direction = Literal["rises", "falls"]


class FitSettings(StrictConfig):
    """How every yes/no model of a config is fitted."""

    directions: Mapping[str, Direction] = {}
    """Families where the field knows the direction: more of it never lowers (`rises`) or raises (`falls`) the need."""
    folds: int = 5
    boosting: BoostingSettings = BoostingSettings()
    baseline: BaselineSettings = BaselineSettings()
    line_share: float = Field(default=0.0, ge=0, lt=1)
    """Share of logistic regression in the served score; 0 = LightGBM alone."""
    search: SearchSettings = SearchSettings()
    seed: int = 20260101


@dataclass(frozen=True)
class Sample:
    """Training rows of one outcome."""

    rows: np.ndarray
    labels: np.ndarray
    clients: np.ndarray
    names: Sequence[str]
    directions: Sequence[int] = ()
    """Per column: 1 = never lowers the score, -1 = never raises it, 0 = free."""


def column_directions(settings: FitSettings, specs: Sequence[FeatureSpec]) -> tuple[int, ...]:
    """The direction of each column.  Raises ConfigError for a family that no column belongs to."""
    families = {spec.family for spec in specs}
    unknown = [family for family in settings.directions if family not in families]
    if unknown:
        guess = nearest(unknown[0], families)
        hint = f"Did you mean `{guess}`?" if guess else "Remove it."
        raise ConfigError(f"fit.directions: no family that the model sees is called `{unknown[0]}`. {hint}")
    signs = {"rises": 1, "falls": -1}
    return tuple(signs.get(settings.directions.get(spec.family, ""), 0) for spec in specs)


@dataclass(frozen=True)
class Fitted:
    """The served model, LightGBM alone, the baseline, and the settings that the search chose."""

    model: BinaryModel
    trees: BinaryModel
    baseline: BinaryModel
    boosting: BoostingSettings
    out_of_fold_loss: float


def fit_calibrated(sample: Sample, settings: FitSettings, searcher: Searcher) -> Fitted:
    """Search (when asked), fit LightGBM and logistic regression, calibrate each on its out-of-fold scores.

    Raises DataError or ModelError when a class or a fold has too little to learn from.
    """
    folds = client_folds(sample.clients, sample.labels, settings.folds, settings.seed)
    boosting = searcher.best(settings.boosting, lambda tried: _loss(out_of_fold_trees(sample, folds, tried), sample))
    tree_scores = out_of_fold_trees(sample, folds, boosting)
    line_scores = out_of_fold_line(sample, folds, settings.baseline)
    trees = BoostedTrees.fit(sample.rows, sample.labels, sample.names, boosting, sample.directions)
    line = LogisticRegression.fit(sample.rows, sample.labels, sample.names, settings.baseline)
    share = settings.line_share
    scores = (1 - share) * tree_scores + share * line_scores
    return Fitted(
        _calibrated(Blend(trees, line, share) if share else trees, scores, sample.labels),
        _calibrated(trees, tree_scores, sample.labels),
        _calibrated(line, line_scores, sample.labels),
        boosting,
        _loss(scores, sample),
    )


def out_of_fold_trees(sample: Sample, folds: np.ndarray, settings: BoostingSettings) -> np.ndarray:
    """Raw LightGBM score of every row by trees that saw none of its client's rows."""
    scores = np.empty(len(sample.rows))
    for fold in np.unique(folds):
        held = folds == fold
        trees = BoostedTrees.fit(sample.rows[~held], sample.labels[~held], sample.names, settings, sample.directions)
        scores[held] = trees.raw(sample.rows[held])
    return scores


def out_of_fold_line(sample: Sample, folds: np.ndarray, settings: BaselineSettings) -> np.ndarray:
    """The same for logistic regression."""
    scores = np.empty(len(sample.rows))
    for fold in np.unique(folds):
        held = folds == fold
        line = LogisticRegression.fit(sample.rows[~held], sample.labels[~held], sample.names, settings)
        scores[held] = line.raw(sample.rows[held])
    return scores


def _calibrated(learner: Learner, scores: np.ndarray, labels: np.ndarray) -> BinaryModel:
    return BinaryModel(learner, fit_platt(scores, labels))


def _loss(scores: np.ndarray, sample: Sample) -> float:
    """Mean log loss of out-of-fold scores."""
    p = np.clip(sigmoid(scores), 1e-7, 1 - 1e-7)
    return float(-np.mean(np.where(sample.labels == 1, np.log(p), np.log(1 - p))))
