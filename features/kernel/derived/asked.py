"""What a derived aggregate is computed from: the pairs of a family as plain integer arrays, one code per pair."""

from dataclasses import dataclass

import numpy as np

from features.catalogue.families import Family
from features.kernel.events import EventTable, Rows
from features.kernel.pairs import Pairs


@dataclass(frozen=True)
class Asked:
    """Pairs row by row, oldest first inside a row; `code` is -1 for a pair that belongs to no column."""

    row: np.ndarray
    age: np.ndarray
    code: np.ndarray
    place: np.ndarray
    windows: np.ndarray
    rows: int
    codes: int

    @classmethod
    def of(cls, family: Family, codes: tuple[str, ...], table: EventTable, pairs: Pairs, rows: Rows) -> "Asked":
        place = pairs.place.astype(np.int64, copy=False)
        number = code_numbers(family, codes, table)
        return cls(
            pairs.row.astype(np.int64, copy=False),
            pairs.age.astype(np.int64, copy=False),
            np.zeros(len(place), np.int64) if number is None else number[place].astype(np.int64, copy=False),
            place,
            np.array(family.windows or (NO_LIMIT,), np.int64),
            len(rows),
            max(len(codes), 1),
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, codes, windows: the order in which the columns of a family lie."""
        return self.rows, self.codes, len(self.windows)


NO_LIMIT = 1 << 40
"""The window of a family that declares none: all that is known."""


def code_numbers(family: Family, codes: tuple[str, ...], table: EventTable) -> np.ndarray | None:
    """For each event the place of its `by` code among the family's columns; None without `by`."""
    if not family.by:
        return None
    otherwise = -1 if family.codes else len(codes) - 1
    return table.text(family.by).numbered(codes, otherwise)
