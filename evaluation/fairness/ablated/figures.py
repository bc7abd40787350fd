"""A model learned again beside the one as it is: discrimination, calibration and the gap between instances, paired."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation import metrics
from evaluation.fairness.subjects.encoded import (
    FEWEST,
    at_same_outcome,
    cross_fitted,
    largest_gap,
    told_apart,
)

AS_IS = "as_is"
FIGURES = ("auroc", "brier", "calibration_slope", "observed_to_expected", "gap", "recall_gap", "from_score")
"""In this order in every table; what each means: `figures_of`."""


@dataclass(frozen=True, eq=False)
class Held:
    """The hold-out rows of one output, the same for every variant."""

    client: np.ndarray
    label: np.ndarray
    classes: Mapping[str, np.ndarray]
    """trait → class of each row, e.g. the recording instance."""
    share: float | None
    """Who is offered something: the share with the highest probability; None = all from .5 on."""


@dataclass(frozen=True, eq=False)
class Variant:
    """One way of learning: which columns were left out, and what it foretells of the hold-out."""

    id: str
    left_out: tuple[str, ...]
    p: np.ndarray
    columns: np.ndarray
    """The hold-out's columns that it sees; the adversary looks at them."""


def compared(held: Held, trait: str, variants: Sequence[Variant], repeats: int, seed: int) -> list[dict[str, Any]]:
    """JSON-ready lines, one per variant: its figures, and each one's change from the first variant with the interval
    of the change on the same drawn clients (95 %).  Only classes with enough clients count."""
    own = held.classes[trait]
    kept = np.isin(own, enough(own, held.client))
    part = Held(held.client[kept], held.label[kept], {trait: own[kept]}, held.share)
    first = variants[0].p[kept]
    return [
        {
            "variant": one.id,
            "columns": int(one.columns.shape[1]),
            "left_out": list(one.left_out),
            "from_features": _adversary(one.columns[kept], part, trait, seed),
            "figures": {name: _line(name, part, trait, one.p[kept], first, repeats) for name in FIGURES},
        }
        for one in variants
    ]


def enough(values: np.ndarray, client: np.ndarray) -> list[str]:
    """Classes with enough clients to compare."""
    return [str(one) for one in np.unique(values) if np.unique(client[values == one]).size >= FEWEST]


def figures_of(name: str, held: Held, trait: str, rows: np.ndarray, p: np.ndarray) -> float:
    """One figure of some rows.

    auroc 0.5-1; brier 0 = right; calibration_slope 1 = right; observed_to_expected 1 = right; gap = largest difference
    of mean log-odds between two classes at the same outcome, 0 = none; recall_gap = largest difference of recall
    between two classes, 0 = none; from_score = AUROC of a class by the score at the same outcome, 0.5 = not told.
    """
    label, own, p = held.label[rows], held.classes[trait][rows], p[rows]
    plain: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] = {
        "auroc": metrics.auroc,
        "brier": metrics.brier,
        "calibration_slope": metrics.calibration_slope,
        "observed_to_expected": metrics.observed_to_expected,
    }
    if name in plain:
        return float(plain[name](label, p))
    if name == "gap":
        return largest_gap(own, label, p)
    if name == "recall_gap":
        return _recall_gap(own, label, p, held.share)
    return max(at_same_outcome(own == one, p, label) for one in np.unique(own))


def _recall_gap(own: np.ndarray, label: np.ndarray, p: np.ndarray, share: float | None) -> float:
    offered = metrics.offered_at_share(p, share) if share is not None else (p >= 0.5).astype(float)
    recalls = [offered[(own == one) & (label == 1)] for one in np.unique(own)]
    means = [float(one.mean()) for one in recalls if one.size]
    return max(means) - min(means) if len(means) > 1 else np.nan


def _adversary(columns: np.ndarray, held: Held, trait: str, seed: int) -> float:
    """How well the hold-out's columns tell a class: the best of all classes; 0.5 = not at all."""
    own = held.classes[trait]
    return max(told_apart(own == one, cross_fitted(own == one, columns, held.client, seed)) for one in np.unique(own))


def _line(name: str, held: Held, trait: str, p: np.ndarray, first: np.ndarray, repeats: int) -> dict[str, float | None]:
    """{value, change, low, high}."""
    every = np.arange(len(held.label))

    def change(rows: np.ndarray) -> float:
        return figures_of(name, held, trait, rows, p) - figures_of(name, held, trait, rows, first)

    interval = None if p is first else metrics.bootstrap(held.client, change, repeats)
    told = [figures_of(name, held, trait, every, p), change(every)]
    told += [interval.low, interval.high] if interval else [0.0, 0.0] if p is first else [np.nan, np.nan]
    named = zip(("value", "change", "low", "high"), told, strict=True)
    return {key: float(one) if np.isfinite(one) else None for key, one in named}
