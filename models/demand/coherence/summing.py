"""Which bottom series each published sum holds, as one sparse matrix; and what is wrong with a hierarchy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from models.demand.hierarchy import Published

GRAIN = 2.0**-20
"""Points are whole multiples of this (a millionth): then sums are exact in binary, in whatever order they are taken."""
TOLERANCE = 1e-6
"""Relative difference between an observed total and the sum of its parts that is still rounding."""


@dataclass(frozen=True)
class HierarchyFault:
    """Why a sum gets no forecast: `series_id` and one sentence."""

    series_id: str
    reason: str


@dataclass(frozen=True)
class Summing:
    """`matrix` is [published, bottom], ones where a sum holds a part."""

    published: np.ndarray
    bottom: np.ndarray
    matrix: sparse.csr_array
    level_of: Mapping[str, str]

    def of(self, values: np.ndarray) -> np.ndarray:
        """[published, …] of bottom values [bottom, …]; unknown where a part is unknown."""
        flat = values.reshape(len(values), -1)
        return np.asarray(self.matrix @ flat).reshape(len(self.published), *values.shape[1:])

    @property
    def sums(self) -> np.ndarray:
        """[published]: is it a sum of several parts, and not the same sum as an earlier one."""
        counts = np.diff(self.matrix.indptr)
        seen: set[tuple[int, ...]] = set()
        fresh = []
        for row in range(len(self.published)):
            parts = tuple(sorted(self.matrix.indices[self.matrix.indptr[row] : self.matrix.indptr[row + 1]]))
            fresh.append(counts[row] > 1 and parts not in seen)
            seen.add(parts)
        return np.array(fresh)


def summing_of(published: Sequence[Published], bottom: Sequence[str]) -> tuple[Summing, tuple[HierarchyFault, ...]]:
    """The matrix of the sums that can be made, and those that cannot, each with its reason; the others stay."""
    place = {str(name): column for column, name in enumerate(bottom)}
    faults = tuple(fault for one in published if (fault := _fault(one, place)) is not None)
    refused = {fault.series_id for fault in faults}
    kept = [one for one in published if one.series_id not in refused]
    rows = np.repeat(np.arange(len(kept)), [len(one.parts) for one in kept])
    columns = np.array([place[part] for one in kept for part in one.parts], dtype=int)
    matrix = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(kept), len(place)))
    ids = np.array([one.series_id for one in kept], dtype=object)
    return Summing(
        ids, np.array(list(bottom), dtype=object), matrix, {one.series_id: one.level for one in kept}
    ), faults


def _fault(one: Published, place: Mapping[str, int]) -> HierarchyFault | None:
    if not one.parts:
        return HierarchyFault(one.series_id, "It has no parts. Name at least one series that it is the sum of.")
    absent = [part for part in one.parts if part not in place]
    if absent:
        return HierarchyFault(
            one.series_id,
            f"Its part {absent[0]} has no series ({len(absent)} of {len(one.parts)} parts have none), so its sum "
            "would be too small. Deliver that series or take the part out of the sum.",
        )
    double = sorted({part for part in one.parts if one.parts.count(part) > 1})
    if double:
        return HierarchyFault(one.series_id, f"Its part {double[0]} is named twice. Name every part once.")
    return None


def shared_parts(parents: Mapping[str, Sequence[str]]) -> tuple[HierarchyFault, ...]:
    """Parts that lie in two parents of one level, where each may lie in one only; both parents are named."""
    first: dict[str, str] = {}
    faults = []
    for parent, parts in parents.items():
        for part in parts:
            if part in first:
                faults.append(
                    HierarchyFault(
                        parent, f"Its part {part} lies in {first[part]} already: the level above would count it twice."
                    )
                )
            else:
                first[part] = parent
    return tuple(faults)


def checked_totals(observed: pd.DataFrame, summed: pd.DataFrame) -> tuple[HierarchyFault, ...]:
    """Delivered totals against the sums of their parts, both `series_id, ds, y`: the first date that differs is named.

    Only dates that both know are compared.
    """
    both = observed.merge(summed, on=["series_id", "ds"], suffixes=("", "_parts")).sort_values(["series_id", "ds"])
    apart = (both["y"] - both["y_parts"]).abs() > TOLERANCE * both[["y", "y_parts"]].abs().max(axis=1).clip(lower=1.0)
    wrong = both[apart]
    return tuple(
        HierarchyFault(
            str(name),
            f"On {rows['ds'].iloc[0].date()} its delivered total is {rows['y'].iloc[0]:.10g}, the sum of its parts "
            f"{rows['y_parts'].iloc[0]:.10g}; they differ on {len(rows)} dates in all. Correct the delivery or leave "
            "the total out: it is the sum of its parts.",
        )
        for name, rows in wrong.groupby("series_id")
    )


def grained(values: np.ndarray) -> np.ndarray:
    """Points ≥ 0 in whole grains, so that their sums are exact."""
    return np.asarray(np.round(np.maximum(values, 0.0) / GRAIN) * GRAIN)
