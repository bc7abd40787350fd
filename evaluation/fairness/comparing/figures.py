"""Figures of groups that are one sum over another, and who is offered something: what every fairness table compares."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from evaluation.metrics import offered_at_share

Contrast = Literal["difference", "ratio"]
Worse = Literal["lower", "higher", "either"]
RECALL, OBSERVED = "recall", "observed_to_expected"


@dataclass(frozen=True)
class Certainty:
    """How surely a gap must be there before it is called one."""

    repeats: int = 500
    family_error: float = 0.01
    """Chance that a table without any true gap flags anything at all (our choice: the target is at most 5 of 100)."""
    recall_gap: float = 0.05
    observed_to_expected: tuple[float, float] = (0.8, 1.25)
    fewest_events: int = 100
    """Events from which on a group's observed/expected is held against the range."""
    seed: int = 1


USUAL = Certainty()


@dataclass(frozen=True)
class WorkingPoint:
    """Who is offered something: the `share` of rows with the highest probabilities, or all from `threshold` on."""

    share: float | None = None
    threshold: float | None = None

    def __post_init__(self) -> None:
        if (self.share is None) == (self.threshold is None):
            raise AssertionError("a working point is either a share or a threshold")

    def selected(self, p: np.ndarray) -> np.ndarray:
        """1 = offered, 0 = not; rows tied at the edge of a capacity share what is left of it, as recall at k does."""
        if self.threshold is not None:
            return (p >= self.threshold).astype(np.float64)
        return offered_at_share(p, float(self.share or 0.0))

    def as_json(self) -> dict[str, float]:
        """{share} or {threshold}."""
        return {"threshold": self.threshold} if self.threshold is not None else {"share": float(self.share or 0.0)}


@dataclass(frozen=True, eq=False)
class Figure:
    """sum(above) / sum(below) over the rows of a group, e.g. recall = found / events."""

    name: str
    above: np.ndarray
    below: np.ndarray
    contrast: Contrast = "difference"
    """How a group is held against everybody else: group - rest (0 = the same), or group / rest (1 = the same)."""
    worse: Worse = "lower"
    """Which side is to a group's disadvantage."""
    margin: float = 0.0
    """A gap up to this is no failure: in the figure's unit, or as a ratio (1.1 = a tenth) where ratios are compared."""
    range: tuple[float, float] | None = None
    """Where the figure itself must lie in a group with enough events; then the gap is told and not judged."""
    tested: bool = True
    fewest: int = 20
    """Clients behind the figure from which a group, and the rest, are tested."""
    kinds: tuple[np.ndarray, ...] = ()
    """Which rows are of a kind that the figure would count (found, missed): with few people in one it is not shown."""

    def fails(self, gap: float, low: float, high: float) -> bool:
        """Is the gap to the group's disadvantage, larger than the margin, and its interval without "the same"?"""
        same, margin = (1.0, self.margin) if self.contrast == "ratio" else (0.0, self.margin)
        below, above = (same / margin, same * margin) if self.contrast == "ratio" else (-margin, margin)
        down = self.worse != "higher" and gap < below and high < same
        up = self.worse != "lower" and gap > above and low > same
        return bool(down or up)


def of_probabilities(label: np.ndarray, p: np.ndarray, point: WorkingPoint, testing: Certainty) -> list[Figure]:
    """Recall, false-negative rate, share offered, observed, predicted, observed/expected of one output's rows."""
    ones, offered = np.ones(label.size), point.selected(p)
    event, chosen = label == 1, offered > 0.5
    label, kinds = label.astype(np.float64), (event & chosen, event & ~chosen)
    return [
        Figure(RECALL, label * offered, label, margin=testing.recall_gap, kinds=kinds),
        Figure("false_negative_rate", label * (1 - offered), label, worse="higher", tested=False, kinds=kinds),
        Figure("offered", offered, ones, worse="either", tested=False, kinds=(chosen, ~chosen)),
        Figure("observed", label, ones, worse="either", tested=False),
        Figure("predicted", p, ones, worse="either", tested=False),
        # above 1 = more came than was foretold: need is under-predicted
        Figure(OBSERVED, label, p, "ratio", "higher", range=testing.observed_to_expected, margin=1.25),
    ]


def of_intervals(value: np.ndarray, predicted: np.ndarray, low: np.ndarray, high: np.ndarray) -> list[Figure]:
    """Coverage of an interval and the mean absolute error of an expected amount, in the amount's unit."""
    ones = np.ones(value.size)
    inside = (value >= low) & (value <= high)
    return [
        Figure("coverage", inside.astype(np.float64), ones, margin=0.05, kinds=(inside, ~inside)),
        Figure("mean_absolute_error", np.abs(value - predicted), ones, "ratio", "higher", 1.25),
        Figure("bias", predicted - value, ones, worse="lower", tested=False),
    ]


def of_sets(covered: np.ndarray, agreed: np.ndarray) -> list[Figure]:
    """Coverage of segment sets (the promise is the nominal coverage) and agreement with the recorded segment."""
    ones = np.ones(covered.size)
    return [
        Figure("coverage", covered.astype(np.float64), ones, margin=0.05, kinds=(covered, ~covered)),
        Figure("agreement", agreed.astype(np.float64), ones, margin=0.05, kinds=(agreed, ~agreed)),
    ]
