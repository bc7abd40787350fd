"""Are segment sets what they promise?  Coverage overall and by group, and whether they say anything at all.

A set of every segment covers always and says nothing, so size and singletons stand beside the coverage.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.held_out.shares import share_by_group, wilson

FEWEST, LOWEST = 200, 0.88
"""A group with this many clients is flagged when the upper end of its 95 % interval is below this."""


@dataclass(frozen=True)
class SetFigures:
    """What sets are worth on rows whose segment was recorded."""

    coverage: float
    """Share of rows whose recorded segment is in the set; the promise is the nominal coverage."""
    size: float
    """Mean number of segments in a set; 1 = always one, the number of segments = nothing was ruled out."""
    singletons: float
    """Share of rows with one credible segment."""

    @classmethod
    def of(cls, members: np.ndarray, label: np.ndarray) -> "SetFigures":
        """From rows x segments (True = credible) and the recorded segment's number."""
        sizes = members.sum(axis=1)
        return cls(float(covered(members, label).mean()), float(sizes.mean()), float((sizes == 1).mean()))

    def metrics(self, prefix: str = "") -> dict[str, float]:
        """For the run: `<prefix>conformal_coverage` and so on."""
        return {
            f"{prefix}conformal_coverage": self.coverage,
            f"{prefix}conformal_set_size": self.size,
            f"{prefix}conformal_singletons": self.singletons,
        }


def covered(members: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Per row: is the recorded segment in the set?"""
    return np.asarray(members[np.arange(len(label)), label])


def coverage_by_group(
    members: np.ndarray, label: np.ndarray, clients: np.ndarray, groups: Mapping[str, np.ndarray]
) -> dict[str, Any]:
    """JSON-ready: overall {n, share, low, high}, `groups` as `share_by_group` tells them, and each line's `flag`."""
    hit = covered(members, label)
    people = int(np.unique(clients).size)
    bounds = wilson(float(hit.mean()) * people, people)
    lines = share_by_group(hit, clients, groups)
    return {
        "overall": {"n": people, "share": float(hit.mean()), "low": bounds.low, "high": bounds.high},
        "groups": [{**line, "flag": is_short(line)} for line in lines],
        "fewest_flagged": FEWEST,
        "lowest_upper_end": LOWEST,
    }


def is_short(line: Mapping[str, Any]) -> bool:
    """Whether a group surely gets less than promised."""
    return line["high"] is not None and line["n"] >= FEWEST and line["high"] < LOWEST
