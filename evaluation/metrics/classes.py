"""Does the proposed class agree with the recorded one?"""

import numpy as np


def accuracy(label: np.ndarray, proposed: np.ndarray) -> float:
    """Share of proposals equal to the record.

    Unit: share, range 0-1.  1 = always the same, 0 = never.  Says little when one class is common: see `kappa`.
    """
    return float(np.mean(label == proposed))


def macro_f1(label: np.ndarray, proposed: np.ndarray) -> float:
    """Mean over classes of the harmonic mean of precision and recall; a rare class weighs as much as a common one.

    Unit: share, range 0-1.  1 = always right, 0 = never.  Classes are those that occur in either array.
    Source: Sokolova & Lapalme 2009, Information Processing & Management 45:427.
    """
    classes = np.union1d(label, proposed)
    hits = [np.sum((label == c) & (proposed == c)) for c in classes]
    said = [np.sum(label == c) + np.sum(proposed == c) for c in classes]
    return float(np.mean([2 * hit / both for hit, both in zip(hits, said, strict=True)]))


def kappa(label: np.ndarray, proposed: np.ndarray) -> float:
    """Agreement beyond what the two class shares give by chance (Cohen's kappa, unweighted).

    Unit: share, range -1 to 1.  0 = as much as by chance, 1 = always the same.  NaN when both say one class only.
    Source: Cohen 1960, Educational and Psychological Measurement 20:37.
    """
    classes = np.union1d(label, proposed)
    chance = float(sum(np.mean(label == c) * np.mean(proposed == c) for c in classes))
    return (accuracy(label, proposed) - chance) / (1 - chance) if chance < 1 else float("nan")
