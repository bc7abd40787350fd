"""shap.TreeExplainer walking the trees itself, half of the rows in each of two processes."""

import warnings

import numpy as np

from models.learners.boosting import BoostedTrees
from tests.bench.peers.shares.halves import in_halves


def explain_trees(trees: BoostedTrees, rows: np.ndarray) -> tuple[float, np.ndarray]:
    """TreeExplainer's own C code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        explainer = shap.TreeExplainer(trees.booster)
        explainer.model.model_type = "internal"
        found = in_halves(lambda part: explainer.shap_values(part, check_additivity=False), rows)
    return float(np.ravel(explainer.expected_value)[-1]), found
