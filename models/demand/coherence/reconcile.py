"""Points that add up exactly: bottom-up, MinT, or means of residual paths, chosen by measured error.

Every method ends in bottom forecasts ≥ 0; the published sums are sums of those, so nothing can fail to add up.
MinT: Wickramasuriya, Athanasopoulos & Hyndman 2019 with the shrunk covariance of back-test errors (not of in-sample
residuals, which a boosted model makes too small).  Where it would turn a part negative, the same least squares are
solved again under parts ≥ 0 (Wickramasuriya, Turlach & Hyndman 2020), not clipped: clipping would lift the sums.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from hierarchicalforecast.methods import MinTrace

from configs.errors import ModelError
from models.demand.coherence.config import METHODS, Method
from models.demand.coherence.folds import folds_of
from models.demand.coherence.summing import Summing, grained
from models.demand.coherence.windows import Windows, known_mean

__all__ = ["METHODS", "Coherence", "Method", "coherent_windows", "fit_coherence"]

MOST_FOR_MINT = 1500
"""Series in all levels: MinT inverts a dense covariance of so many."""
MARGIN = 0.01
"""How much less than bottom-up another method must miss: below that, few windows cannot tell them apart."""
FEWEST_ERRORS, MOST_ERRORS = 20, 4000
"""Error vectors that the covariance is estimated from."""
WINDOWS_TO_TELL = 3
"""Judged windows from which a difference must also lie beyond its standard error."""


@dataclass(frozen=True)
class Coherence:
    """A fitted method.  `errors` is what each method missed on the judged windows (MASE, mean over levels)."""

    method: Method
    summing: Summing
    errors: Mapping[str, float]
    windows: int = 0
    """Windows that judged; 0 = nothing could be judged."""
    projection: np.ndarray | None = None
    """MinT: [bottom, sums then bottom]."""
    covariance_errors: np.ndarray | None = None
    """MinT: [sums then bottom, observation], for the steps that must be solved under parts ≥ 0."""
    paths: np.ndarray | None = None
    """Samples: scaled errors [bottom, window, step]."""

    def bottom(self, bottom: np.ndarray, scale: np.ndarray, sums: np.ndarray | None = None) -> np.ndarray:
        """[bottom, step] coherent points ≥ 0 from the members' [bottom, step], their scale, and forecasts of the sums.

        `sums` are [distinct sum, step] in the order of `summing.sums`.  Where the method knows nothing (a step that
        no window reached, a series that is too young for one), the members' own number stands.
        Raises ModelError when MinT is asked without forecasts of the sums.
        """
        found = bottom
        if self.method == "mint":
            if sums is None:
                raise ModelError("MinT needs forecasts of the sums beside those of their parts. Give `sums`.")
            found = _mint(self, np.concatenate([sums, bottom]))
        if self.method == "samples" and self.paths is not None:
            moved = bottom[:, None, :] + self.paths[:, :, : bottom.shape[1]] * scale[:, None, None]
            found = known_mean(np.maximum(moved, 0.0), axis=1)
        return grained(np.where(np.isnan(found), bottom, found))


def fit_coherence(
    summing: Summing, bottom: Windows, sums: Windows | None = None, methods: Sequence[Method] = METHODS
) -> Coherence:
    """Fit every method on some windows, judge it on others (`folds_of`), and fit the best again on all.

    `sums` are windows in which the distinct sums (`summing.sums`) themselves were forecast; without them, or with more
    series than MinT can bear, MinT is not tried.  Where nothing can be judged: bottom-up.
    """
    folds = folds_of(bottom)
    fitting = [fit for fit, _ in folds] or [np.arange(len(bottom.origins))]
    able = [
        one for one in methods if one != "mint" or all(_bearable(summing, sums, bottom, places) for places in fitting)
    ]
    tried = able or ["bottom_up"]
    if not folds or len(tried) == 1:
        return _fitted("bottom_up" if "bottom_up" in tried else tried[0], summing, bottom, sums)
    missed = {one: _missed(one, summing, bottom, sums, folds) for one in tried}
    errors: dict[str, float] = {one: float(known_mean(windows, axis=0)) for one, windows in missed.items()}
    judged = int(max((~np.isnan(windows)).sum() for windows in missed.values()))
    return replace(_fitted(_best(missed), summing, bottom, sums), errors=errors, windows=judged)


def coherent_windows(
    coherence: Coherence, bottom: Windows, sums: Windows | None, published_scale: np.ndarray
) -> Windows:
    """The published series' windows as the method would have said them; `published_scale` is [published, origin]."""
    points = [
        coherence.bottom(bottom.forecast[:, k], bottom.scale[:, k], None if sums is None else sums.forecast[:, k])
        for k in range(len(bottom.origins))
    ]
    summing = coherence.summing
    forecast = summing.of(np.stack(points, axis=1))
    return Windows(summing.published, bottom.origins, forecast, summing.of(bottom.actual), published_scale)


def _bearable(summing: Summing, sums: Windows | None, bottom: Windows, early: np.ndarray) -> bool:
    n_sums = int(summing.sums.sum())
    if sums is None or not 0 < n_sums <= MOST_FOR_MINT - len(summing.bottom):
        return False
    errors = _joint_errors(bottom, sums, early)
    return errors.shape[1] >= FEWEST_ERRORS and bool(errors.any(axis=1).all())


def _joint_errors(bottom: Windows, sums: Windows, places: np.ndarray) -> np.ndarray:
    """[sums then bottom, observation]: the errors of the window steps that every series knows."""
    parts = [(one.actual - one.forecast)[:, places] for one in (sums, bottom)]
    errors = np.concatenate([part.reshape(len(part), -1) for part in parts])
    known = errors[:, ~np.isnan(errors).any(axis=0)]
    return known[:, :: max(known.shape[1] // MOST_ERRORS, 1)]


def _best(missed: Mapping[Method, np.ndarray]) -> Method:
    """The method of least error; bottom-up unless that one is told from it.

    Told: 1 % less, and, from three judged windows on, by more than the standard error of the windows' differences.
    """
    means = {one: float(known_mean(windows, axis=0)) for one, windows in missed.items()}
    best = min(means, key=lambda one: means[one])
    if "bottom_up" not in missed or best == "bottom_up":
        return best
    apart = missed[best] - missed["bottom_up"]
    apart = apart[~np.isnan(apart)]
    error = float(apart.std(ddof=1) / np.sqrt(len(apart))) if len(apart) >= WINDOWS_TO_TELL else 0.0
    told = means[best] < (1 - MARGIN) * means["bottom_up"] and float(apart.mean()) < -error
    return best if told else "bottom_up"


def _fitted(
    method: Method, summing: Summing, bottom: Windows, sums: Windows | None, chosen: np.ndarray | None = None
) -> Coherence:
    places = np.arange(len(bottom.origins)) if chosen is None else chosen
    if method == "mint" and sums is not None:
        known = _joint_errors(bottom, sums, places)
        return Coherence(method, summing, {}, projection=_projection(summing, known), covariance_errors=known)
    if method == "samples":
        return Coherence(method, summing, {}, paths=bottom.errors[:, places])
    return Coherence("bottom_up", summing, {})


def _missed(
    method: Method,
    summing: Summing,
    bottom: Windows,
    sums: Windows | None,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """[judged window]: mean |error| / scale over steps and series, per level, then over levels."""
    return np.concatenate(
        [_missed_by(_fitted(method, summing, bottom, sums, fit), bottom, sums, late) for fit, late in folds]
    )


def _missed_by(coherence: Coherence, bottom: Windows, sums: Windows | None, late: np.ndarray) -> np.ndarray:
    judged = bottom.some(late)
    scale = coherence.summing.of(judged.scale**2) ** 0.5  # of parts that move apart: a fixed yardstick for all methods
    said = coherent_windows(coherence, judged, None if sums is None else sums.some(late), scale)
    each = known_mean(np.abs(said.errors), axis=2)
    levels = np.array([coherence.summing.level_of[str(one)] for one in said.ids])
    return known_mean(np.stack([known_mean(each[levels == level], axis=0) for level in np.unique(levels)]), axis=0)


def _projection(summing: Summing, errors: np.ndarray) -> np.ndarray:
    found = MinTrace("mint_shrink").fit(
        _whole(summing), errors[:, :1], y_insample=errors, y_hat_insample=np.zeros_like(errors)
    )
    return np.asarray(found.P)


def _whole(summing: Summing) -> np.ndarray:
    """The library's summing matrix: distinct sums, then every bottom series."""
    return np.vstack([summing.matrix[np.flatnonzero(summing.sums)].toarray(), np.eye(len(summing.bottom))])


def _mint(coherence: Coherence, base: np.ndarray) -> np.ndarray:
    """[bottom, step] by MinT; steps that would be negative are solved under parts ≥ 0."""
    errors = coherence.covariance_errors
    if coherence.projection is None or errors is None:
        raise ModelError("MinT was not fitted. Fit the method on back-test windows first.")
    found = coherence.projection @ base
    negative = (found < 0).any(axis=0)
    if negative.any():
        found[:, negative] = _bounded(coherence.summing, np.maximum(base[:, negative], 0.0), errors)
    return np.asarray(found)


def _bounded(summing: Summing, base: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """[bottom, step]: the same least squares under parts ≥ 0."""
    bounded = MinTrace("mint_shrink", nonnegative=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Converted matrix")  # the library hands its solver dense matrices
        said = bounded.fit_predict(_whole(summing), base, y_insample=errors, y_hat_insample=np.zeros_like(errors))
    return np.asarray(said["mean"])[-len(summing.bottom) :]
