"""Contributions by guidance dimension and role: the six dimensions of the Varsinais-Suomi plan, with service use and
continuity and access."""

import math
from collections.abc import Sequence

from models.answers import DimensionShare, Reason


def by_dimension(contributions: Sequence[Reason]) -> tuple[DimensionShare, ...]:
    """The families' shares summed by (dimension, role), largest absolute sum first (ties by name).

    Every family is in exactly one of them, and each sum is rounded once (`math.fsum`).
    """
    held: dict[tuple[str, str], list[float]] = {}
    for one in contributions:
        held.setdefault((one.dimension, one.role), []).append(one.contribution)
    sums = [DimensionShare(dimension, role, math.fsum(shares)) for (dimension, role), shares in held.items()]
    return tuple(sorted(sums, key=lambda one: (-abs(one.contribution), one.dimension, one.role)))
