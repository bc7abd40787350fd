"""Conformal segment sets: which segments cannot be ruled out, with a coverage that held-out clients vouch for.

Class-conditional (Mondrian): a threshold per segment, so that a rare segment is covered as often as a common one.
Source: Vovk, Gammerman & Shafer 2005, ch. 4; Sadinle, Lei & Wasserman 2019, JASA 114:223 (label-wise sets).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from configs.errors import DataError

DEFAULT_COVERAGE = 0.90


@dataclass(frozen=True)
class ConformalSets:
    """A segment is credible when 1 - its probability is at most the segment's limit."""

    segments: tuple[str, ...]
    limits: tuple[float, ...]
    """Per segment, in [0, 1]; 1 = never ruled out (too few held-out rows to rule anything out)."""
    rows: tuple[int, ...]
    """Held-out rows with the segment behind each limit."""
    coverage: float
    """Nominal: share of clients whose segment the set is made to contain."""

    @classmethod
    def fit(
        cls,
        probabilities: np.ndarray,
        labels: Sequence[str] | np.ndarray,
        segments: Sequence[str],
        coverage: float = DEFAULT_COVERAGE,
    ) -> "ConformalSets":
        """Limits from held-out rows: `probabilities` [rows x segments] by models that saw none of their clients.

        Raises DataError when the shapes disagree or a label is no segment.
        """
        labels = np.asarray(labels, dtype=object)
        unknown = sorted(set(labels.tolist()) - set(segments))
        if unknown or probabilities.shape != (len(labels), len(segments)):
            raise DataError(
                f"Conformal sets need one known segment per row; found {probabilities.shape[0]} rows of probabilities, "
                f"{len(labels)} labels, unknown segments: {', '.join(map(str, unknown)) or 'none'}."
            )
        scores = [1 - probabilities[labels == segment, place] for place, segment in enumerate(segments)]
        limits = tuple(_limit(one, coverage) for one in scores)
        return cls(tuple(segments), limits, tuple(len(one) for one in scores), coverage)

    def members(self, probabilities: np.ndarray) -> np.ndarray:
        """Rows x segments: True where the segment is credible.  The most probable one always is."""
        inside = 1 - probabilities <= np.array(self.limits)
        inside[np.arange(len(probabilities)), probabilities.argmax(axis=1)] = True
        return inside

    def credible(self, probabilities: np.ndarray) -> tuple[str, ...]:
        """The credible segments of one client, most probable first."""
        inside = self.members(probabilities.reshape(1, -1))[0]
        return tuple(self.segments[place] for place in np.argsort(-probabilities, kind="stable") if inside[place])

    def to_bytes(self) -> bytes:
        """JSON for the bundle."""
        values = {
            "segments": list(self.segments),
            "limits": list(self.limits),
            "rows": list(self.rows),
            "coverage": self.coverage,
        }
        return json.dumps(values, indent=1).encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes) -> "ConformalSets":
        """The inverse of `to_bytes`."""
        values = json.loads(data)
        return cls(tuple(values["segments"]), tuple(values["limits"]), tuple(values["rows"]), float(values["coverage"]))


def _limit(scores: np.ndarray, coverage: float) -> float:
    """The ceil((n + 1) * coverage)-th smallest score; 1 when there are too few rows for that."""
    place = int(np.ceil((len(scores) + 1) * coverage))
    return float(np.sort(scores)[place - 1]) if place <= len(scores) else 1.0
