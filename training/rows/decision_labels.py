"""Decisions of professionals as labels of a scheme, without teaching the model its own proposals.

An accepted proposal says little of the client and much of the proposal: the professional saw it first.  With
`own_view_first` a label is the view that was recorded **before** the proposal was shown, whatever was decided then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Literal

import numpy as np
import pandas as pd

from configs.errors import DataError
from models.segments.scheme import Scheme
from training.rows.records import Records

Source = Literal["none", "own_view_first", "all"]
"""`none`: recorded segmentations only.  `all`: every confirmed segment, self-fulfilling ones too (for comparison)."""
COLUMNS = ("decision_id", "client_id", "time", "recorded_at", "decision", "segment", "proposed", "own_view")


@dataclass(frozen=True)
class DecisionLabels:
    """Labels from decisions: who, when (as_of = that midnight), which segment; and what was left out, why."""

    rows: pd.DataFrame
    """client_id, as_of, segment, decision; one per client and day, the last decision standing."""
    left_out: Mapping[str, int]

    @property
    def count(self) -> int:
        return len(self.rows)


def decision_labels(decisions: pd.DataFrame, scheme: Scheme, source: Source, until: date) -> DecisionLabels:
    """The labels that were known before `until` (the day after the last day of the data).

    `decisions`: COLUMNS, segments by id.  Raises DataError when a column is missing.
    """
    missing = [name for name in COLUMNS if name not in decisions]
    if missing:
        raise DataError(f"The decisions lack {', '.join(missing)}. Export them again: `python -m serving.export_log`.")
    limit = pd.Timestamp(until)
    known = ((decisions["time"] < limit) & (decisions["recorded_at"] < limit)).to_numpy()
    left = {"decided or recorded too late": int((~known).sum())}
    label = _label(decisions, source)
    unseen = known & label.isna().to_numpy()
    left["no view before the proposal" if source == "own_view_first" else "no segment"] = int(unseen.sum())
    strange = known & label.notna().to_numpy() & ~label.isin(list(levels_of_segments(scheme))).to_numpy()
    left["segment of another scheme or of several level pairs"] = int(strange.sum())
    kept = known & ~unseen & ~strange
    rows = pd.DataFrame(
        {
            "client_id": decisions["client_id"].astype(object),
            "as_of": decisions["time"].to_numpy().astype("datetime64[D]").astype("datetime64[s]"),
            "segment": label,
            "decision": decisions["decision"].astype(object),
            "time": decisions["time"],
        }
    )[kept].sort_values(["as_of", "client_id", "time"], kind="stable")
    last = rows.drop_duplicates(["client_id", "as_of"], keep="last")
    left["decided again on the same day"] = len(rows) - len(last)
    return DecisionLabels(last.drop(columns="time").reset_index(drop=True), left)


def _label(decisions: pd.DataFrame, source: Source) -> pd.Series:
    if source == "none":
        return pd.Series(None, index=decisions.index, dtype=object)
    if source == "own_view_first":
        return decisions["own_view"].astype(object)
    return decisions["segment"].astype(object)


def levels_of_segments(scheme: Scheme) -> dict[str, tuple[int, ...]]:
    """Index of the level on each axis, of every segment that exactly one combination of levels gives."""
    found: dict[str, list[tuple[int, ...]]] = {}
    for places in product(*(range(len(axis.levels)) for axis in scheme.axes)):
        pairs = zip(scheme.axes, places, strict=True)
        segment = scheme.segment_of({axis.id: axis.level_ids[place] for axis, place in pairs})
        found.setdefault(segment, []).append(places)
    return {segment: ways[0] for segment, ways in found.items() if len(ways) == 1}


def with_decisions(records: Records, labels: DecisionLabels, scheme: Scheme) -> Records:
    """Recorded segmentations and labels from decisions, oldest first; a record of the same client and day stands."""
    if not labels.count:
        return records
    levels = levels_of_segments(scheme)
    added = np.array([levels[segment] for segment in labels.rows["segment"]], dtype=np.int64)
    rows = pd.concat([records.rows, labels.rows[["client_id", "as_of"]]], ignore_index=True)
    every = np.vstack([records.levels, added])
    first = ~rows.duplicated(["client_id", "as_of"], keep="first").to_numpy()
    order = np.lexsort([rows["client_id"].to_numpy().astype(str), rows["as_of"].to_numpy()])
    order = order[first[order]]
    return Records(rows.iloc[order].reset_index(drop=True), every[order], records.attrition)


def day_after(data_until: date) -> date:
    """Decisions after it are no labels yet: the registers do not know the client of that day."""
    return data_until + timedelta(days=1)
