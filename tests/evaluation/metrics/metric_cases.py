"""Labels and probabilities for the tests of metrics."""

import numpy as np

#                 row:  1    2    3    4    5
LABEL = np.array([0, 0, 1, 0, 1])
P = np.array([0.1, 0.2, 0.2, 0.4, 0.8])


def random_case(n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    p = np.round(rng.beta(1, 4, n), 2)  # rounding makes many ties
    return (rng.random(n) < p).astype(int), np.clip(p, 0.005, 0.995)


#  record    a a a b b c
#  proposal  a a b b c c
RECORD = np.array(["a", "a", "a", "b", "b", "c"])
PROPOSAL = np.array(["a", "a", "b", "b", "c", "c"])
