"""The axes of a segmentation as fitted, and the figures that are told about them beside the audit report's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.metrics import accuracy, kappa, macro_f1
from evaluation.stored import PROBABILITY_METRICS
from models.eligibility import assess
from models.learners.blend import Blend
from models.parts import ClientParts
from models.scheme import Axis, Level, Scheme
from models.segmentation import AxisModel, SegmentationModel, output_id
from training.fitting import Fitted
from training.leak_alarm import Question
from training.records import NO_LEVEL, Records
from training.splits import Holdout

DIRECT = "direct_"


@dataclass(frozen=True)
class Learned:
    """Records with whole feature rows, their split, and the learners' columns."""

    records: Records
    frame: np.ndarray
    split: Holdout
    parts: ClientParts
    used: np.ndarray


@dataclass(frozen=True)
class FittedAxis:
    """One axis: a fitted model per level above the lowest."""

    axis: Axis
    steps: tuple[tuple[Level, Fitted], ...]

    @property
    def served(self) -> AxisModel:
        return AxisModel(self.axis, tuple(fitted.model for _, fitted in self.steps))

    @property
    def baseline(self) -> AxisModel:
        return AxisModel(self.axis, tuple(fitted.baseline for _, fitted in self.steps))


def trees_alone(axes: Sequence[FittedAxis], learned: Learned) -> dict[str, float]:
    """LightGBM without logistic regression on the same hold-out; nothing when it is what is served."""
    test, found = learned.split.test, dict[str, float]()
    for place, one in enumerate(axes):
        levels = learned.records.levels[test, place]
        known = levels != NO_LEVEL
        for step, (level, fitted) in enumerate(one.steps, start=1):
            if isinstance(fitted.model.learner, Blend):
                p = fitted.trees.probabilities(learned.used[test][known])
                key = f"trees_{output_id(one.axis, level)}_"
                found |= {key + name: value for name, value in figures(levels[known] >= step, p).items()}
    return found


def direct_metrics(classes: pd.DataFrame) -> dict[str, float]:
    label, proposed = classes["label"].to_numpy(str), classes[DIRECT].to_numpy(str)
    measures = {"macro_f1": macro_f1, "kappa": kappa, "accuracy": accuracy}
    return {f"{DIRECT}{name}": compute(label, proposed) for name, compute in measures.items()}


def label_metrics(model: SegmentationModel, learned: Learned, residents: pd.DataFrame) -> dict[str, float]:
    """How far the labels reach, and how many of their clients pass the gate."""
    verdicts = [assess(model.rules, model.parts.by_name(row)).status for row in learned.frame]
    found = {
        "label_records": float(len(learned.records.levels)),
        "label_clients": float(len(np.unique(learned.records.clients))),
        "label_eligible_share": float(np.mean([status == "answered" for status in verdicts])),
    }
    if len(residents):
        found["label_coverage"] = found["label_clients"] / residents["client_id"].nunique()
    return found


def questions_of(learned: Learned, scheme: Scheme) -> Iterator[Question]:
    """What the leak alarm asks: every axis and level on the training rows whose axis was recorded."""
    for place, axis in enumerate(scheme.axes):
        levels = learned.records.levels[:, place]
        train = learned.split.train & (levels != NO_LEVEL)
        for step, level in enumerate(axis.levels[1:], start=1):
            yield Question(output_id(axis, level), learned.used[train], levels[train] >= step)


def figures(label: np.ndarray, p: np.ndarray) -> dict[str, float]:
    return {name: compute(label.astype(np.int8), p) for name, compute in PROBABILITY_METRICS.items()}
