"""Ordered levels from the probabilities of being at or above each of them."""

import numpy as np


def level_shares(above: np.ndarray) -> np.ndarray:
    """Probabilities of the levels from those of being at or above each level but the lowest."""
    falling = np.minimum.accumulate(above, axis=1)
    edges = np.column_stack([np.ones(len(above)), falling, np.zeros(len(above))])
    return edges[:, :-1] - edges[:, 1:]
