"""What is usual in the comparison group: the median of clients of the same age band.

A median is kept only when at least SMALLEST_GROUP clients stand behind it, so that it never shows one person.
"""

import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

SMALLEST_GROUP = 5
"""Fewest clients behind a shown comparison value (k of k-anonymity)."""
AGE_BANDS = (0, 18, 30, 50, 65, 75, 85)
"""First ages of the bands; the last one is open."""


@dataclass(frozen=True)
class Comparison:
    """Median of every feature by age band (rows); NaN where the group is too small.  The last row is all ages."""

    feature_names: tuple[str, ...]
    medians: np.ndarray

    @classmethod
    def fit(cls, frame: np.ndarray, names: Sequence[str], ages: np.ndarray, clients: np.ndarray) -> "Comparison":
        """Medians over training rows; `clients` says whose row each is, for the group sizes."""
        bands = band_of(ages)
        client, _ = pd.factorize(clients)
        groups = [*(bands == band for band in range(len(AGE_BANDS))), np.ones(len(frame), dtype=bool)]
        return cls(tuple(names), np.stack([_medians(frame[group], client[group]) for group in groups]))

    @cached_property
    def _usual(self) -> tuple[dict[str, float | None], ...]:
        """The medians of every band by feature, None where the group is too small."""
        rows = [[None if value != value else value for value in row] for row in self.medians.tolist()]
        return tuple(dict(zip(self.feature_names, row, strict=True)) for row in rows)

    def usual_at(self, age: float) -> Mapping[str, float | None]:
        """The median of every feature for this age, None where the group is too small."""
        return self._usual[len(AGE_BANDS) if math.isnan(age) else bisect_right(AGE_BANDS, age) - 1]

    def usual(self, feature: str, age: float) -> float | None:
        """The median for this age, or None when the group is too small."""
        return self.usual_at(age)[feature]

    def to_bytes(self) -> bytes:
        """JSON for the bundle."""
        rows = [[None if np.isnan(value) else float(value) for value in row] for row in self.medians]
        return json.dumps(
            {"age_bands": AGE_BANDS, "k": SMALLEST_GROUP, "features": self.feature_names, "medians": rows}
        ).encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes) -> "Comparison":
        """The inverse of `to_bytes`."""
        values = json.loads(data)
        rows = [[np.nan if value is None else value for value in row] for row in values["medians"]]
        return cls(tuple(values["features"]), np.array(rows, dtype=np.float64))


def band_of(ages: np.ndarray) -> np.ndarray:
    """Index of the age band of each age; -1 when the age is unknown."""
    return np.where(np.isnan(ages), -1, np.searchsorted(AGE_BANDS, ages, side="right") - 1)


def band_name(band: int) -> str:
    """`65-74`, `85+` or `unknown`."""
    if band < 0:
        return "unknown"
    return f"{AGE_BANDS[band]}+" if band == len(AGE_BANDS) - 1 else f"{AGE_BANDS[band]}-{AGE_BANDS[band + 1] - 1}"


def _medians(rows: np.ndarray, clients: np.ndarray) -> np.ndarray:
    return np.array([_median(rows[:, column], clients) for column in range(rows.shape[1])])


def _median(column: np.ndarray, clients: np.ndarray) -> float:
    known = ~np.isnan(column)
    enough = len(np.unique(clients[known])) >= SMALLEST_GROUP
    return float(np.median(column[known])) if enough else float("nan")
