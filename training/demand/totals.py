"""The sums of a sheet: delivered totals against their parts, and sums that cannot be made.  Each is named."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from features.panel import Refused
from models.demand.coherence.summing import HierarchyFault, checked_totals, shared_parts, summing_of
from models.demand.config import DemandConfig
from models.demand.hierarchy import Published, aggregate


def sound_sums(
    config: DemandConfig, published: Sequence[Published], panel: pd.DataFrame, totals: pd.DataFrame | None
) -> tuple[tuple[Published, ...], tuple[Refused, ...]]:
    """The published series whose sums can be made and hold, and the others with one sentence each.

    `panel`: bottom series `unique_id, ds, y`; `totals`: the same of the delivered sums, and `shown`,
    the date as it was told.
    """
    summing, faults = summing_of(published, sorted(panel["unique_id"].unique()))
    kept = tuple(one for one in published if one.series_id in summing.level_of)
    found = [*faults, *_in_two(published, config), *_differing(kept, panel, totals)]
    reasons = {one.series_id: one.reason for one in reversed(found)}  # the first reason stands
    sound = tuple(one for one in kept if one.series_id not in reasons)
    return sound, tuple(Refused(name, reason) for name, reason in sorted(reasons.items()))


def _in_two(published: Sequence[Published], config: DemandConfig) -> tuple[HierarchyFault, ...]:
    """Parts in two sums of one level."""
    of_level: dict[str, dict[str, tuple[str, ...]]] = {}
    for one in published:
        if one.series_id in config.coherence.sums:
            of_level.setdefault(one.level, {})[one.series_id] = tuple(dict.fromkeys(one.parts))
    by_level: Mapping[str, Mapping[str, tuple[str, ...]]] = of_level
    return tuple(fault for parents in by_level.values() for fault in shared_parts(parents))


def _differing(
    published: Sequence[Published], panel: pd.DataFrame, totals: pd.DataFrame | None
) -> tuple[HierarchyFault, ...]:
    if totals is None or totals.empty:
        return ()
    given = totals.rename(columns={"unique_id": "series_id"})
    bad = given[given["ds"].isna() | ~np.isfinite(given["y"])]
    unreadable = tuple(
        HierarchyFault(str(name), f"Its delivered total at {rows['shown'].iloc[0]} has no date or number: correct it.")
        for name, rows in bad.groupby("series_id")
    )
    readable = given.loc[~given["series_id"].isin(bad["series_id"]), ["series_id", "ds", "y"]]
    return (*unreadable, *checked_totals(readable, aggregate(panel, published, ["ds"])))
