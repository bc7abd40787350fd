"""Are as many outcomes seen as were foretold, at every height of the probability?"""

import numpy as np

from evaluation.metrics.probabilities import log_odds


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


def _few(label: np.ndarray, smallest: int) -> bool:
    return min(int(label.sum()), label.size - int(label.sum())) < smallest


def fitted_logistic(design: np.ndarray, label: np.ndarray, ridge: float) -> np.ndarray:
    """Coefficients of a logistic regression, all but the first (the intercept) drawn to 0 by `ridge` x their square.

    `design` rows x columns, the first column ones; unit log-odds per unit of the column.  Newton's method.
    """
    penalty = ridge * np.eye(design.shape[1])
    penalty[0, 0] = 1e-9
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        expected = 1 / (1 + np.exp(-np.clip(design @ beta, -500, 500)))
        weight = np.maximum(expected * (1 - expected), 1e-9)
        slope = design.T @ (label - expected) - penalty @ beta
        step = np.linalg.solve(design.T @ (design * weight[:, None]) + penalty, slope)
        beta = beta + np.clip(step, -2, 2)
        if np.max(np.abs(step)) < 1e-6:
            break
    return beta


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
