"""How good are probabilities: do they rank, and how far are they from what came?"""

import numpy as np

SMALLEST_PROBABILITY = 1e-15  # log loss of a certain and wrong answer stays finite: at most 34.5


def auroc(label: np.ndarray, p: np.ndarray) -> float:
    """Area under the ROC curve: how often a random positive has a higher probability than a random negative.

    Unit: share, range 0-1.  0.5 = no better than chance, 1 = every positive above every negative, 0 = all reversed.
    Ties count one half; NaN when one of the classes is absent.  Source: Hanley & McNeil 1982, Radiology 143:29.
    """
    positives = int(np.sum(label == 1))
    negatives = label.size - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    above = _midranks(p)[label == 1].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def auprc(label: np.ndarray, p: np.ndarray) -> float:
    """Area under the precision-recall curve, as average precision.

    Unit: share, range 0-1.  The prevalence = no better than chance, 1 = every positive above every negative.
    Equal probabilities are one step; NaN without positives.  Source: Davis & Goadrich 2006; step sum, no interpolation.
    """
    positives = int(np.sum(label == 1))
    if positives == 0:
        return float("nan")
    order = np.argsort(-p, kind="stable")
    last_of_tie = np.append(np.flatnonzero(np.diff(p[order])), p.size - 1)
    hits = np.cumsum(label[order] == 1)[last_of_tie]
    precision = hits / (last_of_tie + 1)
    return float(np.sum(precision * np.diff(hits, prepend=0)) / positives)


def brier(label: np.ndarray, p: np.ndarray) -> float:
    """Mean squared difference of probability and outcome.

    Unit: squared probability, range 0-1.  0 = certain and right each time, 0.25 = always saying 0.5, 1 = certain and
    wrong each time.  Source: Brier 1950, Monthly Weather Review 78:1.
    """
    return float(np.mean((p - label) ** 2))


def log_loss(label: np.ndarray, p: np.ndarray) -> float:
    """Mean negative log-likelihood of the outcomes.

    Unit: nats per row, range 0 upwards.  0 = certain and right each time, 0.693 = always saying 0.5.
    Source: Good 1952, J. R. Stat. Soc. B 14:107.
    """
    p = np.clip(p, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return float(-np.mean(np.where(label == 1, np.log(p), np.log1p(-p))))


def log_odds(p: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)), finite also for 0 and 1."""
    p = np.clip(np.asarray(p, np.float64), SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return np.log(p) - np.log1p(-p)


def _midranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]
