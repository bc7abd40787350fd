"""woodelf-explainer as it comes: one process."""

import numpy as np
import pandas as pd

from models.learners.boosting import BoostedTrees


def explain_trees(trees: BoostedTrees, rows: np.ndarray) -> tuple[float, np.ndarray]:
    """WoodelfExplainer(booster).shap_values(frame)."""
    return base(trees), values(trees, rows)


def base(trees: BoostedTrees) -> float:
    """woodelf asks TreeExplainer for this number, after preparing it anew; one row of LightGBM's is quicker."""
    return trees.contributions(np.zeros((1, len(trees.feature_names)), np.float32))[0]


def values(trees: BoostedTrees, rows: np.ndarray) -> np.ndarray:
    """Contributions."""
    from woodelf import WoodelfExplainer

    frame = pd.DataFrame(rows, columns=list(trees.feature_names))
    return np.asarray(WoodelfExplainer(trees.booster).shap_values(frame, verbose=False))
