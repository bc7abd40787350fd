"""woodelf-explainer, half of the rows in each of two processes."""

import numpy as np

from models.learners.boosting import BoostedTrees
from tests.bench.peers.shares import woodelf_one
from tests.bench.peers.shares.halves import in_halves


def explain_trees(trees: BoostedTrees, rows: np.ndarray) -> tuple[float, np.ndarray]:
    """Each process prepares its own explainer."""
    return woodelf_one.base(trees), in_halves(lambda part: woodelf_one.values(trees, part), rows)
