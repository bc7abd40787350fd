"""The axes of a segmentation as fitted, and the figures that are told about them beside the audit report's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.held_out.stored import PROBABILITY_METRICS
from models.learners.binary import BinaryModel
from models.parts import ClientParts
from models.segments.scheme import Axis, Level, Scheme
from models.segments.segmentation import AxisModel, combine, level_shares, output_id
from training.fitting import LINE, TREES, Fitted
from training.promotion.gates import SERVED_IS_BASELINE
from training.publishing.leak_alarm import Question
from training.rows.records import NO_LEVEL, Records
from training.rows.splits import Holdout


@dataclass(frozen=True)
class Learned:
    """Records with whole feature rows, their split, and the learners' columns."""

    records: Records
    frame: np.ndarray
    split: Holdout
    parts: ClientParts
    used: np.ndarray
    segments: np.ndarray
    """Recorded segment of each row; "" where an axis was not recorded."""
    unseen: tuple[str, ...] = ()
    """Families left out because no training row knows them."""
    weights: np.ndarray | None = None
    """Per row; NaN outside training.  None = every record counts the same."""

    def known(self, place: int) -> np.ndarray:
        """True for the rows whose level on that axis was recorded."""
        return np.asarray(self.records.levels[:, place] != NO_LEVEL)

    @property
    def whole(self) -> np.ndarray:
        """True for the rows whose every axis was recorded."""
        return np.asarray(self.segments != "")


@dataclass(frozen=True)
class FittedAxis:
    """One axis: a fitted model per level above the lowest.  `place` is its column in the recorded levels."""

    axis: Axis
    place: int
    steps: tuple[tuple[Level, Fitted], ...]

    @property
    def served(self) -> AxisModel:
        """What answers."""
        return self._of([fitted.model for _, fitted in self.steps])

    @property
    def baseline(self) -> AxisModel:
        """Logistic regression on the same rows."""
        return self._of([fitted.baseline for _, fitted in self.steps])

    @property
    def trees(self) -> AxisModel:
        """LightGBM alone on the same rows."""
        return self._of([fitted.trees for _, fitted in self.steps])

    @property
    def outputs(self) -> Iterator[tuple[str, int, Fitted]]:
        """(output id, step, fitted) of every threshold."""
        for step, (level, fitted) in enumerate(self.steps, start=1):
            yield output_id(self.axis, level), step, fitted

    def held_out_levels(self, learned: Learned, kind: str = "") -> np.ndarray:
        """Level probabilities of the training rows by learners that saw none of their clients; NaN elsewhere.

        `kind` names the learner; "" = the one that is served at each threshold.
        """
        rows = learned.split.train & learned.known(self.place)
        above = [fitted.held_out.calibrated(kind or fitted.served) for _, fitted in self.steps]
        found = np.full((len(rows), len(self.axis.levels)), np.nan)
        found[rows] = level_shares(np.column_stack(above))
        return found

    def _of(self, models: Sequence[BinaryModel]) -> AxisModel:
        return AxisModel(self.axis, tuple(models))


def held_out_segments(scheme: Scheme, axes: Sequence[FittedAxis], learned: Learned, kind: str = "") -> np.ndarray:
    """Out-of-fold segment probabilities of the training rows whose every axis was recorded."""
    rows = learned.split.train & learned.whole
    return combine(scheme, [axis.held_out_levels(learned, kind)[rows] for axis in axes])


def trees_alone(axes: Sequence[FittedAxis], learned: Learned) -> dict[str, float]:
    """LightGBM without logistic regression on the same hold-out; nothing when it is what is served."""
    found = dict[str, float]()
    for axis in axes:
        rows = learned.split.test & learned.known(axis.place)
        levels = learned.records.levels[rows, axis.place]
        for output, step, fitted in axis.outputs:
            if fitted.served != TREES:
                p = fitted.trees.probabilities(learned.used[rows])
                found |= {f"trees_{output}_{name}": value for name, value in figures(levels >= step, p).items()}
    return found


def choice_metrics(axes: Sequence[FittedAxis]) -> dict[str, float]:
    """Out-of-fold log loss of every learner that could be served; and 1 when logistic regression is all that is."""
    losses = {
        f"out_of_fold_{output}_{kind}_log_loss": loss
        for axis in axes
        for output, _, fitted in axis.outputs
        for kind, loss in fitted.held_out.losses.items()
    }
    line = all(fitted.served == LINE for axis in axes for _, fitted in axis.steps)
    return {**losses, SERVED_IS_BASELINE: float(line)}


def questions_of(learned: Learned, scheme: Scheme) -> Iterator[Question]:
    """What the leak alarm asks: every axis and level on the training rows whose axis was recorded."""
    for place, axis in enumerate(scheme.axes):
        train = learned.split.train & learned.known(place)
        levels = learned.records.levels[train, place]
        for step, level in enumerate(axis.levels[1:], start=1):
            yield Question(output_id(axis, level), learned.used[train], levels >= step)


def figures(label: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """Every probability metric of one output."""
    return {name: compute(label.astype(np.int8), p) for name, compute in PROBABILITY_METRICS.items()}
