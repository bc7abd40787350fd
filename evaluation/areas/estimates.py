"""An expected number of people with its variance, and the intervals that follow from the two."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

LEVELS = (0.80, 0.95)


@dataclass(frozen=True)
class Estimate:
    """An expected number of people."""

    value: float
    variance: float
    most: float = math.inf
    """No more people than this can be counted (the clients themselves)."""

    def interval(self, level: float) -> tuple[float, float]:
        """The middle `level` of what is likely, in people.

        More spread than a Poisson count has (variance > value): the negative binomial with the same mean and variance.
        Otherwise the normal distribution, cut at 0 and at `most`.
        """
        if self.variance > self.value > 0:
            low, high = negative_binomial(self.value, self.variance, ((1 - level) / 2, (1 + level) / 2))
        else:
            reach = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(self.variance)
            low, high = self.value - reach, self.value + reach
        return min(max(low, 0.0), self.most), min(high, self.most)

    def as_dict(self) -> dict[str, float]:
        """{value, low80, high80, low95, high95}."""
        found = {"value": self.value}
        for level in LEVELS:
            low, high = self.interval(level)
            found |= {f"low{level * 100:.0f}": low, f"high{level * 100:.0f}": high}
        return found


def sum_of_known(p: np.ndarray, calibration: float) -> Estimate:
    """The sum of the clients' probabilities.

    Variance: that of a Poisson binomial, sum of p (1 - p), and (calibration * sum)^2, where `calibration` is the
    error of observed / expected on the model's hold-out: the same for every client, so it does not average out.
    """
    value = math.fsum(p.tolist())
    return Estimate(value, math.fsum((p * (1 - p)).tolist()) + (calibration * value) ** 2, float(len(p)))


def county_of_known(areas: Sequence[Estimate], calibration: float) -> Estimate:
    """The areas together: the clients' own variances are added, the common calibration error is added unsquared."""
    value = math.fsum(area.value for area in areas)
    own = math.fsum(area.variance - (calibration * area.value) ** 2 for area in areas)
    return Estimate(value, own + (calibration * value) ** 2, math.fsum(area.most for area in areas))


def both(known: Estimate, new: Estimate) -> Estimate:
    """Known and new clients together; what is not known of the one says nothing of the other."""
    return Estimate(known.value + new.value, known.variance + new.variance)


def negative_binomial(mean: float, variance: float, shares: Sequence[float]) -> list[float]:
    """Quantiles of the negative binomial with this mean and variance (variance > mean > 0).

    Counts from 0 up, with log-gamma so that a large mean does not underflow.
    """
    size = mean**2 / (variance - mean)
    most = int(mean + 12 * math.sqrt(variance)) + 20
    steps = np.arange(most + 1)
    log_gamma = np.array([math.lgamma(step + size) - math.lgamma(step + 1) for step in steps])
    log_p = log_gamma - math.lgamma(size) - size * math.log1p(mean / size) + steps * math.log(mean / (mean + size))
    reached = np.cumsum(np.exp(log_p))
    return [float(min(int(np.searchsorted(reached, share)), most)) for share in shares]
