"""What an attacker can find out: the least and the most that a hidden count can be, given all that is shown.

Linear programming over every cell (scipy's HiGHS).  A hidden count whose least and most are the same is recovered.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

SLACK = 1e-6


@dataclass(frozen=True)
class Sum:
    """A published total: the cells that it adds up, and between what it lies (equal = exact, apart = rounded)."""

    cells: tuple[int, ...]
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Knowledge:
    """All that is known: bounds of each cell, and sums of cells."""

    low: np.ndarray
    high: np.ndarray
    """Per cell; infinity = no bound."""
    sums: Sequence[Sum] = ()

    def bounds(self, cells: Sequence[int]) -> tuple[int, int]:
        """The least and the most that these cells can be together, in whole people.  Raises AssertionError when
        nothing fits: what was published contradicts itself."""
        return self.least(cells), self.most(cells)

    def least(self, cells: Sequence[int]) -> int:
        """The least that these cells can be together."""
        return int(np.ceil(self._optimum(self._aim(cells)) - SLACK))

    def most(self, cells: Sequence[int]) -> int:
        """The most that these cells can be together; 2**31 = no limit."""
        return int(min(np.floor(-self._optimum(-self._aim(cells)) + SLACK), 2**31))

    def _aim(self, cells: Sequence[int]) -> np.ndarray:
        aim = np.zeros(len(self.low))
        aim[list(cells)] = 1.0
        return aim

    def _optimum(self, aim: np.ndarray) -> float:
        table = np.zeros((len(self.sums), len(self.low)))
        for place, one in enumerate(self.sums):
            table[place, list(one.cells)] = 1.0
        exact = np.array([one.low == one.high for one in self.sums], dtype=bool)
        low, high = (np.array([getattr(one, end) for one in self.sums], dtype=float) for end in ("low", "high"))
        loose = ~exact
        found = linprog(
            aim,
            A_ub=np.concatenate([table[loose], -table[loose]]) if loose.any() else None,
            b_ub=np.concatenate([high[loose], -low[loose]]) if loose.any() else None,
            A_eq=table[exact] if exact.any() else None,
            b_eq=low[exact] if exact.any() else None,
            bounds=np.column_stack([self.low, self.high]),
            method="highs",
        )
        if found.status == 3:  # unbounded
            return float("-inf") if aim.max() <= 0 else 0.0
        if found.status != 0:
            raise AssertionError(f"the published figures contradict each other: {found.message}")
        return float(found.fun)


def is_recovered(bounds: tuple[int, int]) -> bool:
    """The count is known exactly."""
    return bounds[0] >= bounds[1]


def is_told(bounds: tuple[int, int], smallest: int) -> bool:
    """The count is known exactly, or surely lies within the numbers that must not be told (1 … smallest - 1)."""
    return is_recovered(bounds) or (bounds[0] >= 1 and bounds[1] < smallest)
