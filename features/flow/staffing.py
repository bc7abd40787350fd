"""Staffed hours per stage and week, from the capacity register's periods."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from features.flow.chain import Chain, Stage
from features.selection import matches
from features.store import Snapshot, read_table
from features.windows import day_numbers


def staffed_hours(snapshot: Snapshot, chain: Chain, weeks: pd.DatetimeIndex, as_of: date) -> pd.DataFrame:
    """`stage, ds, hours`: a period's hours fall evenly on its days.  A stage without capacity rows is absent; a week
    that no period covers whole is absent too."""
    return hours_of(chain.stages, _told(read_table(snapshot, "capacity"), as_of), weeks)


def _told(capacity: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Rows told before `as_of` and not corrected by then; periods agreed ahead are among them."""
    midnight = pd.Timestamp(as_of)
    corrected = capacity["superseded_at"] < midnight
    return capacity[(capacity["recorded_at"] < midnight) & ~corrected]


def hours_of(stages: Sequence[Stage], capacity: pd.DataFrame, weeks: pd.DatetimeIndex) -> pd.DataFrame:
    """The same from rows of the table `capacity`."""
    parts = []
    for stage in stages:
        if stage.capacity is None:
            continue
        rows = capacity[matches(capacity, stage.capacity.filter) & capacity["staffed_hours"].notna().to_numpy()]
        if len(rows):
            parts.append(_weekly(rows, weeks).assign(stage=stage.id))
    columns = ["stage", "ds", "hours"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _weekly(rows: pd.DataFrame, weeks: pd.DatetimeIndex) -> pd.DataFrame:
    start, end = day_numbers(rows["period_start"].to_numpy()), day_numbers(rows["period_end"].to_numpy())
    per_day = rows["staffed_hours"].to_numpy(float) / np.maximum(end - start, 1)
    mondays = day_numbers(weeks.to_numpy())[:, None]
    overlap = np.clip(np.minimum(end, mondays + 7) - np.maximum(start, mondays), 0, 7)
    covered = (mondays >= start.min()) & (mondays + 7 <= end.max())
    found = pd.DataFrame({"ds": weeks, "hours": (overlap * per_day).sum(axis=1)})
    return found[covered[:, 0]].reset_index(drop=True)
