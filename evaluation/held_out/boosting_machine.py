"""The explainable boosting machine as a baseline: report-only, and only where interpret-core is installed.

Source: Lou, Caruana & Gehrke 2012; Nori et al. 2019.  It is in the development lock, not in what a county installs.
"""

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

ROUNDS = 600
"""Most boosting rounds (our choice: enough for thousands of rows; it stops early by itself)."""


def is_installed() -> bool:
    """Whether interpret-core can be imported here."""
    return find_spec("interpret") is not None


@dataclass(frozen=True)
class BoostingMachine:
    """One curve per feature, summed in log-odds; no interactions, one thread, the same for the same seed."""

    machine: Any

    @classmethod
    def fit(cls, rows: np.ndarray, labels: np.ndarray, bags: int, seed: int) -> "BoostingMachine":
        """Fit on rows (NaN = unknown) with yes/no labels."""
        from interpret.glassbox import ExplainableBoostingClassifier  # here: seconds to import, and seldom needed

        machine = ExplainableBoostingClassifier(
            interactions=0, outer_bags=bags, max_rounds=ROUNDS, n_jobs=1, random_state=seed % 2**31
        )
        with warnings.catch_warnings():
            # Unknown values are a bin of their own, which its pictures would not draw; we draw none.
            warnings.filterwarnings("ignore", message="Missing values detected")
            machine.fit(rows.astype(np.float64), labels)
        return cls(machine)

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """Probability of a yes per row."""
        return np.asarray(self.machine.predict_proba(rows.astype(np.float64))[:, 1])
