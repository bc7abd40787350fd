"""Does one feature know the answer by itself?  Per feature: area under the curve, information, copies of the outcome.

NumPy only and pure.  A strong feature is no proof of a leak, a leak need not be strong: the alarm says where to look.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from configs.errors import DataError

MOST_ROWS = 100_000
"""Training rows that the alarm looks at; more are thinned out with a fixed seed."""
BINS = 10
LEAST_OF_CLASS = 10
"""Known rows of each class that a feature needs before it can be called a copy of the outcome."""

Copy = Literal["", "equal", "inverted", "affine", "inverted affine"]


@dataclass(frozen=True)
class FeatureLeak:
    """What one feature tells of one outcome, without any model."""

    feature: str
    auc: float
    """How often a random row with the outcome lies above one without (share, .5–1, direction free, ties one half).
    Unknown values stand at the end of the scale where they tell more: .5 = nothing, 1 = everything."""
    missing_auc: float
    """The same of nothing but whether the value is known: a field filled in because of the outcome."""
    information: float
    """Mutual information of the outcome and the binned value (bits; unknown is a bin of its own); 0 = nothing."""
    information_share: float
    """The information as a share of the outcome's own entropy; 1 = everything.  Sees what has no direction too."""
    known: float
    """Share of the rows where the value is known."""
    copy: Copy
    """The outcome itself, where it is known: equal, inverted, or shifted and scaled.  Empty: no copy."""

    @property
    def strongest(self) -> float:
        """The greater of the two areas."""
        return max(self.auc, self.missing_auc)


@dataclass(frozen=True)
class OutcomeLeaks:
    """Every feature against one outcome, strongest first."""

    outcome: str
    rows: int
    with_outcome: int
    features: tuple[FeatureLeak, ...]

    def as_dict(self, most: int | None = None) -> dict[str, Any]:
        """For leaks.json, and shortened for the report."""
        shown = [asdict(feature) for feature in self.features[:most]]
        return {"outcome": self.outcome, "rows": self.rows, "with_outcome": self.with_outcome, "features": shown}


def find_leaks(
    outcome: str, rows: np.ndarray, label: np.ndarray, names: Sequence[str], most_rows: int = MOST_ROWS, seed: int = 0
) -> OutcomeLeaks:
    """Measure every column of `rows` (NaN = unknown) against a yes/no label.

    Raises DataError when the label has one class only: then nothing can be told.
    """
    chosen = thinned(len(label), most_rows, seed)
    rows, label = rows[chosen], np.asarray(label[chosen]) == 1
    if label.all() or not label.any():
        raise DataError(f"Outcome {outcome}: the {len(label)} training rows hold one class only. Add dates or clients.")
    found = [measure_feature(name, rows[:, place], label) for place, name in enumerate(names)]
    found.sort(key=lambda leak: (-bool(leak.copy), -leak.strongest, -leak.information_share, leak.feature))
    return OutcomeLeaks(outcome, len(label), int(label.sum()), tuple(found))


def thinned(rows: int, most: int, seed: int) -> np.ndarray:
    """Row numbers, at most `most` of them, the same for the same seed."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def measure_feature(name: str, column: np.ndarray, label: np.ndarray) -> FeatureLeak:
    """One column against a boolean label with both classes."""
    known = ~np.isnan(column)
    order = np.argsort(column[known], kind="stable")
    values, positive = column[known][order], label[known][order]
    first = np.flatnonzero(np.append(True, values[1:] != values[:-1]))[: len(values)]
    size = np.diff(np.append(first, len(values)))
    bits = _information(_bins(first, size), positive, label[~known])
    return FeatureLeak(
        feature=name,
        auc=_area(first, size, positive, label[~known]),
        missing_auc=_direction_free(_missing_area(known, label)),
        information=bits,
        information_share=bits / _entropy(np.array([label.sum(), (~label).sum()])),
        known=float(known.mean()),
        copy=_copy(values, positive),
    )


def _area(first: np.ndarray, size: np.ndarray, positive: np.ndarray, missing: np.ndarray) -> float:
    """The area with the unknown values below or above all others, whichever tells more."""
    ranks = np.repeat(first + (size + 1) / 2, size)
    yes, no = int(positive.sum()), int((~positive).sum())
    yes_missing, no_missing = int(missing.sum()), int((~missing).sum())
    among_known = float(ranks[positive].sum()) - yes * (yes + 1) / 2
    tied = 0.5 * yes_missing * no_missing
    pairs = (yes + yes_missing) * (no + no_missing)
    lowest, highest = yes * no_missing, yes_missing * no
    return max(_direction_free((among_known + tied + end) / pairs) for end in (lowest, highest))


def _missing_area(known: np.ndarray, label: np.ndarray) -> float:
    """Area of the indicator "is unknown": one step, so a half plus half the difference of two shares."""
    return 0.5 + 0.5 * float((~known[label]).mean() - (~known[~label]).mean())


def _direction_free(area: float) -> float:
    return max(area, 1 - area)


def _bins(first: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Bin of each sorted known value: its own when there are few values, else its tenth; ties stay together."""
    if len(first) <= BINS:
        return np.repeat(np.arange(len(first)), size)
    middle = first + (size - 1) / 2
    return np.repeat((middle * BINS / size.sum()).astype(np.int64), size)


def _information(bins: np.ndarray, positive: np.ndarray, missing: np.ndarray) -> float:
    """Mutual information in bits = entropy of bins + entropy of label - entropy of both."""
    counts = np.zeros((BINS + 1, 2))
    counts[:BINS] = np.bincount(bins * 2 + positive, minlength=2 * BINS).reshape(BINS, 2)
    counts[BINS] = [(~missing).sum(), missing.sum()]
    shared = _entropy(counts.sum(axis=1)) + _entropy(counts.sum(axis=0)) - _entropy(counts.ravel())
    return max(shared, 0.0)


def _entropy(counts: np.ndarray) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def _copy(values: np.ndarray, positive: np.ndarray) -> Copy:
    """What kind of copy of the outcome the known values are: one value per class, and enough rows of each."""
    yes, no = values[positive], values[~positive]
    if min(len(yes), len(no)) < LEAST_OF_CLASS or np.ptp(yes) or np.ptp(no) or yes[0] == no[0]:
        return ""
    if {float(yes[0]), float(no[0])} == {0.0, 1.0}:
        return "equal" if yes[0] == 1 else "inverted"
    return "affine" if yes[0] > no[0] else "inverted affine"
