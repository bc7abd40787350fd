"""shap.TreeExplainer as it comes: for a LightGBM model it asks LightGBM, on two threads."""

import warnings

import numpy as np

from models.learners.boosting import BoostedTrees


def explain_trees(trees: BoostedTrees, rows: np.ndarray) -> tuple[float, np.ndarray]:
    """TreeExplainer(booster).shap_values(rows)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        explainer = shap.TreeExplainer(trees.booster)
        values = np.asarray(explainer.shap_values(rows, check_additivity=False))
    return float(np.ravel(explainer.expected_value)[-1]), values
