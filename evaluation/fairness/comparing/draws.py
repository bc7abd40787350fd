"""Every group against everybody else on the same draws of clients, with intervals that hold for all groups together.

With forty groups two would fail by chance alone.  So the interval of a gap is as wide as the largest of all gaps needs
in `1 - family_error` of the draws (the max-statistic; Westfall & Young 1993, ch. 2; Romano & Wolf 2005, JASA 100:94).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.fairness.comparing.figures import Certainty, Figure
from evaluation.held_out.shares import Z95
from evaluation.metrics import INTERVAL_LEVEL

CHUNK = 50  # draws held in memory at once


@dataclass(frozen=True)
class Compared:
    """One figure of one group beside everybody else's."""

    value: float
    low: float
    high: float
    """95 % of the draws of the group's own figure."""
    rest: float
    difference: float
    """group - rest; 0 = the same."""
    ratio: float
    """group / rest; 1 = the same."""
    gap_low: float
    gap_high: float
    """Of the contrast that the figure is compared by, for all groups together; NaN where too few are behind it."""
    fails: bool


def compare(
    client: np.ndarray, masks: Sequence[np.ndarray], figures: Sequence[Figure], testing: Certainty
) -> tuple[list[dict[str, Compared]], int]:
    """({figure: Compared} per mask, how many comparisons the intervals hold for).

    `client` and each mask have one entry per row; whole clients are drawn, because one client's rows are alike.
    """
    _, place = np.unique(client, return_inverse=True)
    sums = [_Sums.of(place, masks, figure) for figure in figures]
    draws = _drawn(place, sums, testing)
    tests = [_tested(one, own, rest) for one, (own, rest) in zip(sums, draws, strict=True)]
    wide = _critical(tests, testing.family_error)
    number = sum(int(np.isfinite(test.error).sum()) for test in tests)
    found = [
        {
            one.figure.name: _one(one, test, own, mask, wide)
            for one, test, (own, _) in zip(sums, tests, draws, strict=True)
        }
        for mask in range(len(masks))
    ]
    return found, number


@dataclass(frozen=True, eq=False)
class _Sums:
    """Per client and group the two sums of a figure."""

    figure: Figure
    above: np.ndarray
    below: np.ndarray
    """clients x groups."""
    all_above: np.ndarray
    all_below: np.ndarray
    behind: np.ndarray
    """Clients with something below the line: [2 x groups], in the group and in the rest."""

    @classmethod
    def of(cls, place: np.ndarray, masks: Sequence[np.ndarray], figure: Figure) -> "_Sums":
        people = int(place.max()) + 1

        def summed(values: np.ndarray) -> np.ndarray:
            return np.stack([np.bincount(place, values * mask, people) for mask in masks], axis=1)

        above, below = summed(figure.above), summed(figure.below)
        all_above, all_below = (np.bincount(place, values, people) for values in (figure.above, figure.below))
        behind = np.stack([(below > 0).sum(axis=0), (all_below[:, None] - below > 1e-12).sum(axis=0)])
        return cls(figure, above, below, all_above, all_below, behind)

    def ratios(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(own, rest) of each draw and group; `weights` draws x clients."""
        above, below = weights @ self.above, weights @ self.below
        rest_above = (weights @ self.all_above)[:, None] - above
        rest_below = (weights @ self.all_below)[:, None] - below
        return _divided(above, below), _divided(rest_above, rest_below)


@dataclass(frozen=True, eq=False)
class _Test:
    """The contrasts of one figure: observed and drawn, differences or logarithms of ratios."""

    own: np.ndarray
    rest: np.ndarray
    gap: np.ndarray
    drawn: np.ndarray
    error: np.ndarray
    """Standard error per group; NaN = not tested."""


def _drawn(place: np.ndarray, sums: Sequence[_Sums], testing: Certainty) -> list[tuple[np.ndarray, np.ndarray]]:
    """Per figure (own, rest) of every draw."""
    parts: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in sums]
    for weights in _weights(int(place.max()) + 1, testing):
        for found, one in zip(parts, sums, strict=True):
            found.append(one.ratios(weights))
    return [(np.concatenate([a for a, _ in found]), np.concatenate([b for _, b in found])) for found in parts]


def _weights(people: int, testing: Certainty) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(testing.seed)
    for start in range(0, testing.repeats, CHUNK):
        draws = min(CHUNK, testing.repeats - start)
        chosen = rng.integers(0, people, (draws, people))
        yield np.stack([np.bincount(one, minlength=people) for one in chosen]).astype(np.float64)


def _tested(sums: _Sums, own_drawn: np.ndarray, rest_drawn: np.ndarray) -> _Test:
    own, rest = (found[0] for found in sums.ratios(np.ones((1, len(sums.all_above)))))
    gap, drawn = _gap(sums.figure, own, rest), _gap(sums.figure, own_drawn, rest_drawn)
    finite = np.where(np.isfinite(drawn), drawn, np.nan)
    usable = np.isfinite(finite).mean(axis=0) > 0.9
    enough = (sums.behind >= sums.figure.fewest).all(axis=0) & usable & np.isfinite(gap)
    error = np.full(len(gap), np.nan)
    if sums.figure.tested and enough.any():
        error[enough] = np.nanstd(finite[:, enough], axis=0, ddof=1)
        error[enough] = np.maximum(error[enough], _least_error(sums, own, enough))
    return _Test(own, rest, gap, finite, error)


def _least_error(sums: _Sums, own: np.ndarray, enough: np.ndarray) -> np.ndarray:
    """All or none found among a few people is not certainty: two people more of each kind (Agresti & Coull 1998)."""
    people = sums.behind[0][enough] + 4.0
    share = (np.clip(own[enough], 0, 1) * sums.behind[0][enough] + 2) / people
    least = np.sqrt(share * (1 - share) / people) if sums.figure.contrast == "difference" else 0 * people
    return np.asarray(np.minimum(least, 0.5 / np.sqrt(people)))


def _critical(tests: Sequence[_Test], family_error: float) -> float:
    """How many standard errors the largest gap of all stays within, in 1 - family_error of the draws."""
    columns = [
        np.abs(test.drawn[:, known] - test.gap[known]) / test.error[known]
        for test in tests
        if (known := np.isfinite(test.error)).any()
    ]
    together = np.concatenate(columns, axis=1) if columns else np.empty((0, 1))
    told = together[np.isfinite(together).any(axis=1)]  # a draw that leaves nothing to compare says nothing
    return max(float(np.quantile(np.nanmax(told, axis=1), 1 - family_error)), Z95) if len(told) else Z95


def _one(sums: _Sums, test: _Test, drawn: np.ndarray, place: int, wide: float) -> Compared:
    own, rest, error = float(test.own[place]), float(test.rest[place]), float(test.error[place])
    finite = drawn[:, place][np.isfinite(drawn[:, place])]
    tail = (1 - INTERVAL_LEVEL) / 2
    low, high = np.quantile(finite, [tail, 1 - tail]) if finite.size else (np.nan, np.nan)
    gap, reach = float(test.gap[place]), wide * error
    ends = [_told(sums.figure, end) for end in (gap - reach, gap, gap + reach)]
    return Compared(
        value=own,
        low=float(low),
        high=float(high),
        rest=rest,
        difference=own - rest,
        ratio=float(_divided(np.array([own]), np.array([rest]))[0]),
        gap_low=ends[0],
        gap_high=ends[2],
        fails=bool(np.isfinite(error)) and sums.figure.fails(ends[1], ends[0], ends[2]),
    )


def _gap(figure: Figure, own: np.ndarray, rest: np.ndarray) -> np.ndarray:
    if figure.contrast == "difference":
        return np.asarray(own - rest)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.log(own) - np.log(rest))


def _told(figure: Figure, gap: float) -> float:
    return float(np.exp(gap)) if figure.contrast == "ratio" else gap


def _divided(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(below > 1e-12, above / np.where(below > 1e-12, below, 1.0), np.nan)
