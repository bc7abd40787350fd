"""How good are probabilities and proposals?  Each metric says its unit, its range, what 0 or 1 means, and its source.

NumPy only: an evaluation must not depend on the library that made the model.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SMALLEST_PROBABILITY = 1e-15  # log loss of a certain and wrong answer stays finite: at most 34.5
BOOTSTRAP_REPEATS = 200
INTERVAL_LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Where a figure lies when the same kind of clients is drawn again."""

    low: float
    high: float
    level: float = INTERVAL_LEVEL


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


def calibration_slope(label: np.ndarray, p: np.ndarray) -> float:
    """Slope of the outcome on the log-odds of the probability (logistic regression with an intercept).

    Unit: log-odds per log-odds, any number.  1 = spread as it should be, below 1 = too extreme, above 1 = too timid,
    0 = the probabilities say nothing.  Source: Cox 1958; Van Calster et al. 2019, BMC Medicine 17:230.
    NaN when one class is absent or all probabilities are the same.
    """
    x = log_odds(p)
    if np.unique(label).size < 2 or np.ptp(x) == 0:
        return float("nan")
    return float(_logistic(np.column_stack([np.ones_like(x), x]), label, np.zeros_like(x))[1])


def calibration_intercept(label: np.ndarray, p: np.ndarray) -> float:
    """Calibration in the large: how far all log-odds would have to be shifted to meet the observed share.

    Unit: log-odds, any number.  0 = the mean is right, above 0 = the model says too little, below 0 = too much.
    Source: Van Calster et al. 2019, BMC Medicine 17:230 (slope held at 1).  NaN when one class is absent.
    """
    if np.unique(label).size < 2:
        return float("nan")
    x = log_odds(p)
    return float(_logistic(np.ones((x.size, 1)), label, x)[0])


def observed_to_expected(label: np.ndarray, p: np.ndarray) -> float:
    """Outcomes seen per outcome foretold.

    Unit: ratio, range 0 upwards.  1 = as many as foretold, above 1 = need is under-predicted, 0 = none came.
    Source: Debray et al. 2017, BMJ 356:i6460.
    """
    return float(np.sum(label) / np.sum(p))


def recall_at_share(label: np.ndarray, p: np.ndarray, share: float) -> float:
    """Share of all positives found among the `share` of rows with the highest probabilities (a team's capacity).

    Unit: share, range 0-1.  `share` itself = no better than chance, 1 = all found.  Equal probabilities at the edge
    count in proportion.  Source: recall at k, e.g. Manning et al. 2008, ch. 8.
    """
    capacity = share * p.size
    edge = np.sort(p)[::-1][max(int(np.ceil(capacity)) - 1, 0)]
    above, tied = p > edge, p == edge
    taken = np.sum(label[above]) + np.sum(label[tied]) * (capacity - np.sum(above)) / np.sum(tied)
    return float(taken / np.sum(label)) if np.sum(label) else float("nan")


def net_benefit(label: np.ndarray, p: np.ndarray, threshold: float) -> float:
    """Found positives minus false alarms, a false alarm weighing threshold / (1 - threshold).

    Unit: net true positives per row, at most the prevalence.  0 = as good as offering nothing to anyone.
    Source: Vickers & Elkin 2006, Medical Decision Making 26:565.
    """
    offered = p >= threshold
    found = np.sum(offered & (label == 1)) / label.size
    false = np.sum(offered & (label == 0)) / label.size
    return float(found - false * threshold / (1 - threshold))


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


def reliability(label: np.ndarray, p: np.ndarray, bins: int = 10, smallest: int = 0) -> list[tuple[int, float, float]]:
    """(rows, mean probability, observed share) in up to `bins` groups of about equal size, lowest probabilities first.

    Unit: shares, range 0-1.  The two shares are equal in each group of a calibrated model.  Neighbours are joined until
    each group has at least `smallest` rows with the outcome and as many without; [] when even all together have not.
    """
    groups: list[np.ndarray] = []
    for group in np.array_split(np.argsort(p, kind="stable"), min(bins, p.size)):
        if groups and _few(label[groups[-1]], smallest):
            groups[-1] = np.concatenate([groups[-1], group])
        else:
            groups.append(group)
    if len(groups) > 1 and _few(label[groups[-1]], smallest):
        groups[-2:] = [np.concatenate(groups[-2:])]
    shown = [group for group in groups if not _few(label[group], smallest)]
    return [(group.size, float(p[group].mean()), float(label[group].mean())) for group in shown]


def bootstrap(
    client: np.ndarray,
    statistic: Callable[[np.ndarray], float],
    repeats: int = BOOTSTRAP_REPEATS,
    seed: int = 1,
    level: float = INTERVAL_LEVEL,
) -> Interval | None:
    """Percentile interval of `statistic(row numbers)` when whole clients are drawn anew.

    Clients and not rows are drawn, because one client's rows are alike.  None when the figure is undefined in more
    than half of the draws.  Source: Efron & Tibshirani 1993, ch. 13.
    """
    order = np.argsort(client, kind="stable")
    _, start, size = np.unique(client[order], return_index=True, return_counts=True)
    rng = np.random.default_rng(seed)
    drawn = np.array([statistic(_rows_of_draw(order, start, size, rng)) for _ in range(repeats)])
    drawn = drawn[np.isfinite(drawn)]
    if drawn.size * 2 < repeats:
        return None
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level)


def log_odds(p: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)), finite also for 0 and 1."""
    p = np.clip(np.asarray(p, np.float64), SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return np.log(p) - np.log1p(-p)


def _rows_of_draw(order: np.ndarray, start: np.ndarray, size: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Row numbers of as many clients as there are, drawn with replacement, each with all of its rows."""
    chosen = rng.integers(0, start.size, start.size)
    lengths = size[chosen]
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return order[np.repeat(start[chosen], lengths) + within]


def _few(label: np.ndarray, smallest: int) -> bool:
    return min(int(label.sum()), label.size - int(label.sum())) < smallest


def _midranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]


def _logistic(design: np.ndarray, label: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Coefficients of a small logistic regression with an offset, by Newton's method (at most 50 steps)."""
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        expected = 1 / (1 + np.exp(-np.clip(offset + design @ beta, -500, 500)))
        weight = np.maximum(expected * (1 - expected), 1e-12)
        step = np.linalg.lstsq(design.T @ (design * weight[:, None]), design.T @ (label - expected), rcond=None)[0]
        beta = beta + np.clip(step, -5, 5)
        if np.max(np.abs(step)) < 1e-10:
            break
    return beta
