"""How good a model is likely to be before any outcome is known: what its own calibrated probabilities imply (CBPE)."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Estimated:
    """Right as far as the probabilities are calibrated; a change of what leads to the outcome is not seen here."""

    auroc: float
    """0.5 … 1 as a rule; NaN where no two rows differ."""
    brier: float
    """0 … 0.25; 0 = every probability is 0 or 1."""
    events: float
    """Expected number of outcomes."""


def estimated(p: np.ndarray) -> Estimated:
    """The expected AUROC, Brier score and number of events of rows whose outcomes are drawn with chances `p`."""
    return Estimated(expected_auroc(p), float((p * (1 - p)).mean()), float(p.sum()))


def expected_auroc(p: np.ndarray) -> float:
    """Expected pairs in the right order over expected pairs: sum of p_i (1 - p_j) over p_i > p_j, ties by half."""
    values, place = np.unique(p, return_inverse=True)
    yes, no = np.bincount(place, p), np.bincount(place, 1 - p)
    same = np.bincount(place, p * (1 - p))  # a row is no pair with itself
    below = np.concatenate([[0.0], np.cumsum(no)[:-1]])
    pairs = yes.sum() * no.sum() - same.sum()
    right = (yes * below + 0.5 * (yes * no - same)).sum()
    return float(right / pairs) if pairs > 0 and len(values) > 1 else float("nan")
