"""Which residual windows fit a method and which judge it."""

import numpy as np

from models.demand.coherence.windows import Windows

MANY = 20
"""Origins from which the earlier half fits and the later half judges."""
FEWEST_TO_FIT = 2

Fold = tuple[np.ndarray, np.ndarray]
"""Places of the windows that fit, and of those that judge."""


def folds_of(bottom: Windows) -> list[Fold]:
    """Many windows: the earlier half fits, the later judges, one horizon apart where that leaves any.

    Few: each is judged by the others whose periods it does not share (purged cross-validation, López de Prado 2018):
    windows that overlap have missed the same periods, and would praise whatever learns their errors by heart.
    """
    places = np.arange(len(bottom.origins))
    if len(places) >= MANY:
        half = len(places) // 2
        apart = bottom.origins >= bottom.origins[half - 1] + bottom.horizon
        return [(places[:half], places[apart] if apart.any() else places[half:])]
    each = [(strangers(bottom, int(place)), np.array([place])) for place in places]
    return [fold for fold in each if len(fold[0]) >= FEWEST_TO_FIT]


def strangers(bottom: Windows, place: int) -> np.ndarray:
    """Places of the windows that share no period with the one at `place`."""
    known = ~np.isnan(bottom.actual - bottom.forecast).all(axis=0)
    last = bottom.origins + np.where(known.any(axis=1), known.shape[1] - known[:, ::-1].argmax(axis=1), 0)
    shares = (bottom.origins < last[place]) & (last > bottom.origins[place])
    return np.flatnonzero(~shares & (np.arange(len(last)) != place) & known.any(axis=1))
