"""Many draws of clients at once: row weights instead of rows, so that twenty figures with intervals cost a second.

Row r of a draw counts as often as its client was drawn.  The draws are those of `evaluation.metrics.bootstrap` with the
same seed, so the intervals are the same; every difference of two models on the same draws is a paired one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from evaluation.metrics import INTERVAL_LEVEL, SMALLEST_PROBABILITY, Interval, log_odds

NEWTON_STEPS = 25
LARGEST_STEP = 5.0

Weighted = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(label [rows], p [rows], weights [draws x rows]) -> the figure of each draw."""


def drawn_weights(client: np.ndarray, repeats: int, seed: int = 1) -> Iterator[np.ndarray]:
    """`repeats` times float64[rows]: how often each row's client was drawn, as many clients as there are."""
    people, place = np.unique(client, return_inverse=True)
    rng = np.random.default_rng(seed)
    for _ in range(repeats):
        chosen = rng.integers(0, people.size, people.size)
        yield np.bincount(chosen, minlength=people.size).astype(np.float64)[place]


def client_draws(client: np.ndarray, repeats: int, seed: int = 1) -> np.ndarray:
    """Weights [repeats x rows] of whole clients drawn with replacement, each with all of its rows."""
    return np.stack(list(drawn_weights(client, repeats, seed)))


def interval_of(drawn: np.ndarray, level: float = INTERVAL_LEVEL) -> Interval | None:
    """Percentile interval; None when the figure is undefined in more than half of the draws.

    Source: Efron & Tibshirani 1993, ch. 13.
    """
    finite = drawn[np.isfinite(drawn)]
    if finite.size == 0 or finite.size * 2 < drawn.size:
        return None
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level)


def auroc(label: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Area under the ROC curve; ties count one half, NaN without one of the classes."""
    order = np.argsort(p, kind="stable")
    weighted, positive = weights[:, order], label[order] == 1
    starts = np.flatnonzero(np.r_[True, np.diff(p[order]) != 0])
    yes = np.add.reduceat(weighted * positive, starts, axis=1)
    no = np.add.reduceat(weighted * ~positive, starts, axis=1)
    above = (yes * (np.cumsum(no, axis=1) - no / 2)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(above / (yes.sum(axis=1) * no.sum(axis=1)))


def brier(label: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean squared difference."""
    return np.asarray(weights @ (p - label) ** 2 / weights.sum(axis=1))


def log_loss(label: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean negative log-likelihood, nats per row."""
    p = np.clip(p, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return np.asarray(weights @ -np.where(label == 1, np.log(p), np.log1p(-p)) / weights.sum(axis=1))


def calibration_slope(label: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Slope of the outcome on the log-odds (Newton's method on all draws together); NaN where undefined."""
    x = log_odds(p)
    if np.ptp(x) == 0:
        return np.full(len(weights), np.nan)
    a, b = np.zeros(len(weights)), np.zeros(len(weights))
    for _ in range(NEWTON_STEPS):
        expected = 1 / (1 + np.exp(-np.clip(a[:, None] + b[:, None] * x, -500, 500)))
        curve = weights * np.maximum(expected * (1 - expected), 1e-12)
        miss = weights * (label - expected)
        g0, g1 = miss.sum(axis=1), miss @ x
        h0, h1, h2 = curve.sum(axis=1), curve @ x, curve @ (x * x)
        size = h0 * h2 - h1 * h1
        step0, step1 = (h2 * g0 - h1 * g1) / size, (h0 * g1 - h1 * g0) / size
        a, b = a + np.clip(step0, -LARGEST_STEP, LARGEST_STEP), b + np.clip(step1, -LARGEST_STEP, LARGEST_STEP)
        if max(np.abs(step0).max(), np.abs(step1).max()) < 1e-9:
            break
    share = weights @ (label == 1) / weights.sum(axis=1)
    return np.asarray(np.where((share > 0) & (share < 1), b, np.nan))


@dataclass(frozen=True)
class Confusion:
    """Counts of (recorded, proposed) per draw, classes as numbers."""

    counts: np.ndarray
    """draws x classes x classes."""

    @classmethod
    def of(cls, label: np.ndarray, proposed: np.ndarray, classes: int, weights: np.ndarray) -> "Confusion":
        """Counted from class numbers."""
        cells = np.zeros((len(label), classes * classes))
        cells[np.arange(len(label)), label * classes + proposed] = 1
        return cls((weights @ cells).reshape(len(weights), classes, classes))

    def macro_f1(self) -> np.ndarray:
        """Mean over the classes that occur, recorded or proposed, of the harmonic mean of precision and recall."""
        hits = np.einsum("dii->di", self.counts)
        said = self.counts.sum(axis=1) + self.counts.sum(axis=2)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.nanmean(2 * hits / said, axis=1))

    def kappa(self) -> np.ndarray:
        """Agreement beyond chance, unweighted; NaN when both say one class only."""
        total = self.counts.sum(axis=(1, 2))
        same = np.einsum("dii->d", self.counts) / total
        chance = (self.counts.sum(axis=1) * self.counts.sum(axis=2)).sum(axis=1) / total**2
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(chance < 1, (same - chance) / (1 - chance), np.nan))


def macro_log_loss(label: np.ndarray, p: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean over classes of the mean negative log-likelihood of the recorded class; `p` is rows x classes.

    Unit: nats per row, a rare class weighing as much as a common one.  Classes that were not drawn are left out.
    """
    loss = -np.log(np.maximum(p[np.arange(len(label)), label], SMALLEST_PROBABILITY))
    own = label[:, None] == np.arange(p.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nanmean((weights * loss) @ own / (weights @ own), axis=1))


PROBABILITY: dict[str, Weighted] = {
    "auroc": auroc,
    "log_loss": log_loss,
    "brier": brier,
    "calibration_slope": calibration_slope,
}
