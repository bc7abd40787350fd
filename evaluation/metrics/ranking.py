"""What a team finds that can see so many clients, and what an offer from a threshold on is worth."""

import numpy as np


def recall_at_share(label: np.ndarray, p: np.ndarray, share: float) -> float:
    """Share of all positives found among the `share` of rows with the highest probabilities (a team's capacity).

    Unit: share, range 0-1.  `share` itself = no better than chance, 1 = all found.  Equal probabilities at the edge
    count in proportion.  Source: recall at k, e.g. Manning et al. 2008, ch. 8.
    """
    found = float(np.sum(label * offered_at_share(p, share)))
    return float(found / np.sum(label)) if np.sum(label) else float("nan")


def net_benefit(label: np.ndarray, p: np.ndarray, threshold: float) -> float:
    """Found positives minus false alarms, a false alarm weighing threshold / (1 - threshold).

    Unit: net true positives per row, at most the prevalence.  0 = as good as offering nothing to anyone.
    Source: Vickers & Elkin 2006, Medical Decision Making 26:565.
    """
    offered = p >= threshold
    found = np.sum(offered & (label == 1)) / label.size
    false = np.sum(offered & (label == 0)) / label.size
    return float(found - false * threshold / (1 - threshold))


def precision_at_share(label: np.ndarray, p: np.ndarray, share: float) -> float:
    """Share of positives among the `share` of rows with the highest probabilities (a team's capacity).

    Unit: share, range 0-1.  The prevalence = no better than chance, 1 = everybody seen has the outcome, 0 = nobody.
    Equal probabilities at the edge count in proportion.  Source: Manning et al. 2008, Information Retrieval, ch. 8.
    """
    return float(np.sum(label * offered_at_share(p, share)) / (share * p.size))


def number_needed_to_see(label: np.ndarray, p: np.ndarray, share: float) -> float:
    """Clients that a team sees for each positive it finds, at a capacity; 1 / precision.

    Unit: clients, range 1 upwards.  1 = everybody seen has the outcome, 1 / prevalence = no better than chance,
    infinity = none found.  Source: number needed to evaluate, Romero-Brufau et al. 2015, Critical Care 19:285.
    """
    precision = precision_at_share(label, p, share)
    return 1 / precision if precision > 0 else float("inf")


def offered_at_share(p: np.ndarray, share: float) -> np.ndarray:
    """How far each row is among the `share` with the highest probabilities: 1, 0, or the fraction of a tie at the edge.

    Unit: share, range 0-1; the sum is share x rows.
    """
    capacity = share * p.size
    edge = np.sort(p)[::-1][max(int(np.ceil(capacity)) - 1, 0)]
    above, tied = p > edge, p == edge
    return np.asarray(np.where(tied, (capacity - above.sum()) / tied.sum(), above.astype(np.float64)))


def standardised_net_benefit(label: np.ndarray, p: np.ndarray, threshold: float) -> float:
    """Net benefit over the prevalence, the most that it can be.

    Unit: share, at most 1.  1 = every positive found without a false alarm, 0 = as good as offering nothing to anyone,
    below 0 = worse than that.  NaN without positives.  Source: Kerr et al. 2016, J. Clin. Oncol. 34:2534.
    """
    prevalence = float(np.mean(label == 1))
    return net_benefit(label, p, threshold) / prevalence if prevalence > 0 else float("nan")
