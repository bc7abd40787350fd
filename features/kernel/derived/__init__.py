"""Aggregates made from pairs of rows and events: one function per name, called with what the kernel has packed."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from features.catalogue.families import Family
from features.kernel.derived import aggregates
from features.kernel.events import Rows, Tables
from features.kernel.pairs import Pairs, Selected


class Derive(Protocol):
    """One derived aggregate: float64 [rows, codes x windows], NaN where it is undefined.

    `pairs` are the known (row, event place, age in days) of the group's longest window; of all time when a derived
    family of the group declares no window.  Windows that reach before the observed history are emptied afterwards.
    """

    def __call__(
        self, family: Family, codes: tuple[str, ...], tables: Tables, selected: Selected, pairs: Pairs, rows: Rows
    ) -> np.ndarray: ...


DERIVED: Mapping[str, Derive] = {
    "mean": aggregates.mean_of,
    "share": aggregates.mean_of,
    "night_share": aggregates.mean_of,
    "named_share": aggregates.mean_of,
    "trend": aggregates.trend,
    "count_within": aggregates.count_within,
    "coci": aggregates.continuity,
    "usual_provider_share": aggregates.continuity,
    "entropy": aggregates.entropy,
    "repeat_contact_share": aggregates.repeat_contact_share,
    "first_contact_is_emergency": aggregates.first_contact_is_emergency,
    "change_between_assessments": aggregates.change_between_assessments,
    "overdue": aggregates.overdue,
    "lapsed": aggregates.lapsed,
}
