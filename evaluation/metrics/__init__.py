"""How good are probabilities, proposals and forecasts?  Each metric tells unit, range, what 0 or 1 means, and source.

NumPy only: an evaluation must not depend on the library that made the model.
"""

from evaluation.metrics.calibration import calibration_intercept, calibration_slope, observed_to_expected, reliability
from evaluation.metrics.classes import accuracy, kappa, macro_f1
from evaluation.metrics.forecasts import bias, coverage, interval_score, mase, wape, width
from evaluation.metrics.probabilities import SMALLEST_PROBABILITY, auprc, auroc, brier, log_loss, log_odds
from evaluation.metrics.ranking import (
    net_benefit,
    number_needed_to_see,
    offered_at_share,
    precision_at_share,
    recall_at_share,
    standardised_net_benefit,
)
from evaluation.metrics.resampling import BOOTSTRAP_REPEATS, INTERVAL_LEVEL, Interval, bootstrap

__all__ = [
    "BOOTSTRAP_REPEATS",
    "INTERVAL_LEVEL",
    "SMALLEST_PROBABILITY",
    "Interval",
    "accuracy",
    "auprc",
    "auroc",
    "bias",
    "bootstrap",
    "brier",
    "calibration_intercept",
    "calibration_slope",
    "coverage",
    "interval_score",
    "kappa",
    "log_loss",
    "log_odds",
    "macro_f1",
    "mase",
    "net_benefit",
    "number_needed_to_see",
    "observed_to_expected",
    "offered_at_share",
    "precision_at_share",
    "recall_at_share",
    "reliability",
    "standardised_net_benefit",
    "wape",
    "width",
]
