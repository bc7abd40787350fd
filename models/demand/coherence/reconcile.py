"""Points that add up exactly: bottom-up, MinT, or means of residual paths, chosen by measured error.

Every method ends in bottom forecasts ≥ 0; the published sums are sums of those, so nothing can fail to add up.
MinT: Wickramasuriya, Athanasopoulos & Hyndman 2019 with the shrunk covariance of back-test errors (not of in-sample
residuals, which a boosted model makes too small).  Where it would turn a part negative, the same least squares are
solved again under parts ≥ 0 (Wickramasuriya, Turlach & Hyndman 2020), not clipped: clipping would lift the sums.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from hierarchicalforecast.methods import MinTrace

from configs.errors import ModelError
from models.demand.coherence.summing import Summing, grained
from models.demand.coherence.windows import Windows, known_mean

Method = Literal["bottom_up", "mint", "samples"]
METHODS: tuple[Method, ...] = ("bottom_up", "mint", "samples")
MOST_FOR_MINT = 1500
"""Series in all levels: MinT inverts a dense covariance of so many."""
MARGIN = 0.01
"""How much less than bottom-up another method must miss: below that, few windows cannot tell them apart."""
FEWEST_ERRORS, MOST_ERRORS = 20, 4000
"""Error vectors that the covariance is estimated from."""


@dataclass(frozen=True)
class Coherence:
    """A fitted method.  `errors` is what each method missed on the judged windows (MASE, mean over levels)."""

    method: Method
    summing: Summing
    errors: Mapping[str, float]
    projection: np.ndarray | None = None
    """MinT: [bottom, sums then bottom]."""
    covariance_errors: np.ndarray | None = None
    """MinT: [sums then bottom, observation], for the steps that must be solved under parts ≥ 0."""
    paths: np.ndarray | None = None
    """Samples: scaled errors [bottom, window, step]."""

    def bottom(self, bottom: np.ndarray, scale: np.ndarray, sums: np.ndarray | None = None) -> np.ndarray:
        """[bottom, step] coherent points ≥ 0 from the members' [bottom, step], their scale, and forecasts of the sums.

        `sums` are [distinct sum, step] in the order of `summing.sums`.
        Raises ModelError when MinT is asked without forecasts of the sums.
        """
        if self.method == "mint":
            if sums is None:
                raise ModelError("MinT needs forecasts of the sums beside those of their parts. Give `sums`.")
            return grained(_mint(self, np.concatenate([sums, bottom])))
        if self.method == "samples" and self.paths is not None:
            moved = bottom[:, None, :] + self.paths[:, :, : bottom.shape[1]] * scale[:, None, None]
            return grained(known_mean(np.maximum(moved, 0.0), axis=1))
        return grained(bottom)


def fit_coherence(
    summing: Summing, bottom: Windows, sums: Windows | None = None, methods: Sequence[Method] = METHODS
) -> Coherence:
    """Fit every method on the earlier windows, judge it on the later ones, and fit the best again on all.

    `sums` are windows in which the distinct sums (`summing.sums`) themselves were forecast; without them, or with more
    series than MinT can bear, MinT is not tried.  With one window nothing can be judged: bottom-up.
    """
    early, late = _split(bottom)
    tried = [one for one in methods if one != "mint" or _bearable(summing, sums, bottom, early)]
    if len(late) == 0 or len(tried) == 1:
        return _fitted(tried[0], summing, bottom, sums)
    missed: dict[str, float] = {
        one: _missed(_fitted(one, summing, bottom, sums, early), bottom, sums, late) for one in tried
    }
    simplest = missed.get("bottom_up", np.inf) * (1 - MARGIN)
    best = min(tried, key=lambda one: simplest if one == "bottom_up" else missed[one])
    return replace(_fitted(best, summing, bottom, sums), errors=missed)


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


def _split(bottom: Windows) -> tuple[np.ndarray, np.ndarray]:
    """Places of the windows that fit and of those that judge; between them one horizon, where that leaves any."""
    half = len(bottom.origins) // 2
    places = np.arange(len(bottom.origins))
    if half == 0:
        return places, places[:0]
    apart = bottom.origins >= bottom.origins[half - 1] + bottom.horizon
    late = places[apart] if apart.any() else places[half:]
    return places[:half], late


def _fitted(
    method: Method, summing: Summing, bottom: Windows, sums: Windows | None, chosen: np.ndarray | None = None
) -> Coherence:
    places = np.arange(len(bottom.origins)) if chosen is None else chosen
    if method == "mint" and sums is not None:
        known = _joint_errors(bottom, sums, places)
        return Coherence(method, summing, {}, _projection(summing, known), known)
    if method == "samples":
        return Coherence(method, summing, {}, paths=bottom.errors[:, places])
    return Coherence("bottom_up", summing, {})


def _missed(coherence: Coherence, bottom: Windows, sums: Windows | None, late: np.ndarray) -> float:
    """Mean |error| / scale over windows and steps, per level, then over levels."""
    judged = bottom.some(late)
    scale = coherence.summing.of(judged.scale**2) ** 0.5  # of parts that move apart: a fixed yardstick for all methods
    said = coherent_windows(coherence, judged, None if sums is None else sums.some(late), scale)
    each = known_mean(np.abs(said.errors), axis=(1, 2))
    levels = np.array([coherence.summing.level_of[str(one)] for one in said.ids])
    return float(np.nanmean([known_mean(each[levels == level], axis=0) for level in np.unique(levels)]))


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
