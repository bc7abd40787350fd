"""No tables: every leaf for every row (the idea of Linear TreeSHAP) in the project's own loops, on two threads."""

from functools import partial

import numpy as np

from models.explaining.bulk import bulk_contributions, explainer
from models.explaining.bulk.layout import laid_out
from models.learners.boosting import BoostedTrees


def explain_trees(trees: BoostedTrees, rows: np.ndarray) -> tuple[float, np.ndarray]:
    """Every leaf is a long one."""
    explainer.laid_out = partial(laid_out, most_states=1, most_states_of_a_leaf=1)
    return bulk_contributions(trees, rows, threads=2)
