"""One calibrated yes/no model with its baseline: the same rows, the same folds, each calibrated on held-out scores.

Which learner is served is a choice: named in the config, or `auto` = the lowest log loss on held-out training rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from training.rows.held_out import HeldOut, Sample, fit_line, fit_trees, log_loss, out_of_fold, out_of_fold_trees
from training.rows.splits import client_folds
from training.search import Searcher, SearchSettings

Direction = Literal["rises", "falls"]
Served = Literal["auto", "blend", "lightgbm", "logistic"]
TREES, LINE, BLEND = BoostedTrees.kind, LogisticRegression.kind, Blend.kind


class FitSettings(StrictConfig):
    """How every yes/no model of a config is fitted."""

    directions: Mapping[str, Direction] = {}
    """Families where the field knows the direction: more of it never lowers (`rises`) or raises (`falls`) the need."""
    folds: int = Field(default=5, ge=2)
    boosting: BoostingSettings = BoostingSettings()
    baseline: BaselineSettings = BaselineSettings()
    line_share: float = Field(default=0.0, ge=0, lt=1)
    """Share of logistic regression in the blend; 0 = the blend is LightGBM alone."""
    line_shares: tuple[float, ...] = ()
    """Shares that are tried instead: the one with the lowest out-of-fold log loss of the training rows counts."""
    served: Served = "blend"
    """Which learner answers; `auto` = the one with the lowest out-of-fold log loss of the training rows."""
    search: SearchSettings = SearchSettings()
    seed: int = 20260101


@dataclass(frozen=True)
class Fitted:
    """The served model, LightGBM alone, the baseline, and how they were chosen."""

    model: BinaryModel
    trees: BinaryModel
    baseline: BinaryModel
    boosting: BoostingSettings
    """The settings that the search chose."""
    out_of_fold_loss: float
    """Mean log loss of the served learner's raw scores: what the search lowers."""
    served: str
    """Kind of the learner that is served: `lightgbm`, `blend` or `logistic`."""
    held_out: HeldOut

    @property
    def kinds(self) -> Mapping[str, BinaryModel]:
        """The models that every fit has, by their kind; the blend only where it is served."""
        return {TREES: self.trees, LINE: self.baseline, self.served: self.model}


def column_directions(
    settings: FitSettings, specs: Sequence[FeatureSpec], unseen: Sequence[str] = ()
) -> tuple[int, ...]:
    """The direction of each column.  Raises ConfigError for a family that no column belongs to.

    `unseen` are families that were left out because nothing was known of them; they may keep their direction.
    """
    families = {spec.family for spec in specs}
    unknown = [family for family in settings.directions if family not in families and family not in unseen]
    if unknown:
        guess = nearest(unknown[0], families)
        hint = f"Did you mean `{guess}`?" if guess else "Remove it."
        raise ConfigError(f"fit.directions: no family that the model sees is called `{unknown[0]}`. {hint}")
    signs = {"rises": 1, "falls": -1}
    return tuple(signs.get(settings.directions.get(spec.family, ""), 0) for spec in specs)


def fit_calibrated(sample: Sample, settings: FitSettings, searcher: Searcher) -> Fitted:
    """Search (when asked), fit LightGBM and logistic regression, calibrate each on its out-of-fold scores, choose.

    Raises DataError or ModelError when a class or a fold has too little to learn from.
    """
    folds = client_folds(sample.clients, sample.labels, settings.folds, settings.seed)
    own = replace(searcher, fingerprint=f"{searcher.fingerprint}{sample.fingerprint()}")
    boosting = own.best(settings.boosting, lambda tried: _loss(out_of_fold_trees(sample, folds, tried), sample))
    line, trees = _out_of_fold(sample, folds, settings, boosting)
    settings = settings.model_copy(update={"line_share": best_share(settings, folds, line, trees, sample)})
    scores = _scores(line, trees, settings.line_share)
    held_out = HeldOut(folds, sample.labels, scores, sample.weights)
    served = chosen(settings, held_out)
    learners = _learners(sample, settings, boosting)
    models = {kind: _calibrated(learners[kind], scores[kind], sample) for kind in scores}
    return Fitted(
        models[served], models[TREES], models[LINE], boosting, _loss(scores[served], sample), served, held_out
    )


def chosen(settings: FitSettings, held_out: HeldOut) -> str:
    """The kind of learner to serve.  A blend without a share of the line is LightGBM; equal losses: the plainest."""
    if settings.served == "auto":
        return min(held_out.losses, key=lambda kind: held_out.losses[kind])
    return settings.served if settings.served in held_out.scores else TREES


def best_share(settings: FitSettings, folds: np.ndarray, line: np.ndarray, trees: np.ndarray, sample: Sample) -> float:
    """The share of the line in the blend: the configured one, or of those to be tried the one whose scores lose least.

    The loss is that of `auto`: every fold calibrated on the other folds only.
    """
    scores = {str(share): (1 - share) * trees + share * line for share in settings.line_shares}
    losses = HeldOut(folds, sample.labels, scores, sample.weights).losses
    return min(settings.line_shares, key=lambda share: losses[str(share)]) if losses else settings.line_share


def _out_of_fold(
    sample: Sample, folds: np.ndarray, settings: FitSettings, boosting: BoostingSettings
) -> tuple[np.ndarray, np.ndarray]:
    """(logistic regression's, LightGBM's) scores of every row by models that saw none of its client's rows."""
    line = out_of_fold(sample, folds, lambda part: fit_line(part, settings.baseline))
    return line, out_of_fold_trees(sample, folds, boosting)


def _scores(line: np.ndarray, trees: np.ndarray, share: float) -> dict[str, np.ndarray]:
    """Out-of-fold scores by kind, the plainest first."""
    return {LINE: line, TREES: trees, **({BLEND: (1 - share) * trees + share * line} if share else {})}


def _learners(sample: Sample, settings: FitSettings, boosting: BoostingSettings) -> dict[str, Learner]:
    trees, line = fit_trees(sample, boosting), fit_line(sample, settings.baseline)
    return {LINE: line, TREES: trees, BLEND: Blend(trees, line, settings.line_share)}


def _calibrated(learner: Learner, scores: np.ndarray, sample: Sample) -> BinaryModel:
    return BinaryModel(learner, fit_platt(scores, sample.labels, sample.weights))


def _loss(scores: np.ndarray, sample: Sample) -> float:
    return log_loss(sigmoid(scores), sample.labels, sample.weights)
