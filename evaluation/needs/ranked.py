"""Probabilities sorted once, measured under any weights of their rows.

With whole-number weights every figure equals the one of `evaluation.metrics` over rows repeated as often; units,
ranges and sources stand there.
"""

from collections.abc import Sequence

import numpy as np

from evaluation.metrics import SMALLEST_PROBABILITY, log_odds

_STEPS = 50
_CLOSE = 1e-10
_RUNAWAY = 20.0  # log-odds: the classes lie apart and the fit has no end


class Ranked:
    """Labels (0/1) and probabilities of one output's rows."""

    def __init__(self, label: np.ndarray, p: np.ndarray) -> None:
        p = np.asarray(p, np.float64)
        self._order = np.argsort(-p, kind="stable")
        self._p, self._label = p[self._order], np.asarray(label, np.float64)[self._order]
        self._ends = np.append(np.flatnonzero(np.diff(self._p)), p.size - 1)  # last row of each run of equal p
        self._x = log_odds(self._p)
        self._squared = (self._p - self._label) ** 2
        clipped = np.clip(self._p, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
        self._loss = -np.where(self._label == 1, np.log(clipped), np.log1p(-clipped))
        self._line = np.column_stack([np.ones_like(self._x), self._x])
        self._ones = self._line[:, :1]
        self._begin = self._whole_fits()

    def figures(
        self, weights: np.ndarray, capacity: Sequence[float] = (), thresholds: Sequence[float] = ()
    ) -> dict[str, float]:
        """Every figure by name; `recall_at_0.1` and `net_benefit_at_0.2` for the shares and thresholds asked."""
        w = np.asarray(weights, np.float64)[self._order]
        rows, hits = np.cumsum(w)[self._ends], np.cumsum(w * self._label)[self._ends]
        found = {
            "auroc": _auroc(rows, hits),
            "auprc": _auprc(rows, hits),
            "brier": float(w @ self._squared / rows[-1]),
            "log_loss": float(w @ self._loss / rows[-1]),
            **self._calibration(w, hits[-1], rows[-1]),
            "observed_to_expected": float(hits[-1] / (w @ self._p)) if w @ self._p > 0 else float("nan"),
        }
        found |= {f"recall_at_{share:g}": _recall(rows, hits, share) for share in capacity}
        return found | {f"net_benefit_at_{t:g}": self._net_benefit(rows, hits, t) for t in thresholds}

    def _calibration(self, w: np.ndarray, hits: float, rows: float) -> dict[str, float]:
        slope = intercept = float("nan")
        if 0 < hits < rows:
            line, shift = self._begin
            intercept = float(self._newton(w, self._ones, self._x, shift)[0])
            if np.ptp(self._x[w > 0]) > 0:
                slope = float(self._newton(w, self._line, 0.0, line)[1])
        return {"calibration_slope": slope, "calibration_intercept": intercept}

    def _whole_fits(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the fits of a draw begin: at those of all rows, unless these run away."""
        none = (np.zeros(2), np.zeros(1))
        if not 0 < self._label.sum() < self._label.size or np.ptp(self._x) == 0:
            return none
        once = np.ones_like(self._x)
        found = self._newton(once, self._line, 0.0, none[0]), self._newton(once, self._ones, self._x, none[1])
        return found if max(np.max(np.abs(one)) for one in found) < _RUNAWAY else none

    def _newton(self, w: np.ndarray, design: np.ndarray, offset: np.ndarray | float, begin: np.ndarray) -> np.ndarray:
        """Coefficients of a weighted logistic regression with an offset."""
        beta = begin
        for _ in range(_STEPS):
            expected = 1 / (1 + np.exp(-np.clip(offset + design @ beta, -500, 500)))
            curve = w * np.maximum(expected * (1 - expected), 1e-12)
            pull = design.T @ (w * (self._label - expected))
            step = np.linalg.lstsq(design.T @ (design * curve[:, None]), pull, rcond=None)[0]
            beta = beta + np.clip(step, -5, 5)
            if np.max(np.abs(step)) < _CLOSE:
                break
        return beta

    def _net_benefit(self, rows: np.ndarray, hits: np.ndarray, threshold: float) -> float:
        offered = int(np.searchsorted(-self._p[self._ends], -threshold, side="right"))
        if offered == 0:
            return 0.0
        found, false = hits[offered - 1], rows[offered - 1] - hits[offered - 1]
        return float((found - false * threshold / (1 - threshold)) / rows[-1])


def treat_all(label: np.ndarray, weights: np.ndarray, threshold: float) -> float:
    """Net benefit of offering to everybody (offering to nobody has 0): prevalence - (1 - prevalence) * odds."""
    share = float(weights @ label / weights.sum())
    return share - (1 - share) * threshold / (1 - threshold)


def _auroc(rows: np.ndarray, hits: np.ndarray) -> float:
    quiet = rows - hits
    if hits[-1] == 0 or quiet[-1] == 0:
        return float("nan")
    below = quiet[-1] - (quiet + np.concatenate([[0.0], quiet[:-1]])) / 2  # negatives under it, ties half
    return float(np.diff(hits, prepend=0.0) @ below / (hits[-1] * quiet[-1]))


def _auprc(rows: np.ndarray, hits: np.ndarray) -> float:
    if hits[-1] == 0:
        return float("nan")
    precision = hits / np.maximum(rows, 1e-300)
    return float(precision @ np.diff(hits, prepend=0.0) / hits[-1])


def _recall(rows: np.ndarray, hits: np.ndarray, share: float) -> float:
    if hits[-1] == 0:
        return float("nan")
    places = share * rows[-1]
    edge = int(np.searchsorted(rows, max(np.ceil(places), 1.0)))
    above, found = (rows[edge - 1], hits[edge - 1]) if edge else (0.0, 0.0)
    taken = found + (hits[edge] - found) * (places - above) / (rows[edge] - above)
    return float(taken / hits[-1])
