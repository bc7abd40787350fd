"""The cohort of a need task with its outcomes; feature rows are taken from the history only when asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from features.histories import History
from features.outcomes import Labels, Window, label_history
from features.store import Snapshot
from models.needs.need_task import AGE, NeedTask
from models.segments.eligibility import check_features, holds_all

DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, eq=False)
class Labelled:
    """The labelled rows of a task: whose they are and when, what happened, and where their features lie."""

    history: np.ndarray
    """Every row of the history, float32; never copied as a whole."""
    place: np.ndarray
    """Per labelled row its row in `history`."""
    rows: pd.DataFrame
    """client_id, as_of."""
    label: np.ndarray
    """Level index, int8; 0 / 1 where the outcome is yes or no."""
    event_day: np.ndarray
    """First day on which the outcome was fulfilled (datetime64[D]); NaT where it was not."""
    amount: np.ndarray | None
    attrition: tuple[dict[str, object], ...]

    def take(self, which: np.ndarray) -> np.ndarray:
        """Feature rows of a mask or of row numbers."""
        return np.ascontiguousarray(self.history[self.place[which]])

    @cached_property
    def frame(self) -> np.ndarray:
        """Feature rows of the whole cohort."""
        return self.take(np.arange(len(self.place)))

    @cached_property
    def clients(self) -> np.ndarray:
        return self.rows["client_id"].astype(object).to_numpy()

    @property
    def as_of(self) -> np.ndarray:
        return self.rows["as_of"].to_numpy().astype("datetime64[D]")

    @property
    def event_days(self) -> np.ndarray:
        """Days from `as_of` to the outcome; NaN where it did not happen."""
        return np.asarray((self.event_day - self.as_of) / DAY, dtype=np.float64)


def cohort(task: NeedTask, snapshot: Snapshot, history: History) -> Labelled:
    """The rows that the task is about, with labels.  Raises ConfigError for a feature that is not there."""
    names = [spec.name for spec in history.specs]
    where = [condition.feature for condition in task.cohort.where]
    check_features(where, names, f"task {task.id}")
    inside = holds_all(task.cohort.where, {name: history.frame[name].to_numpy() for name in where}, len(history.rows))
    if AGE in names:
        inside &= task.ages.hold(history.frame[AGE].to_numpy())
    labels = _labels(task, snapshot, history.rows[inside])
    place = np.flatnonzero(inside)[labels.kept]
    asked = {"filter": "ages and cohort of the task", **_counts(history.rows, inside)}
    return Labelled(
        history=history.frame.to_numpy(dtype=np.float32),
        place=place,
        rows=history.rows.iloc[place].reset_index(drop=True),
        label=labels.label,
        event_day=labels.event_day,
        amount=labels.amount,
        attrition=(*history.attrition, asked, *labels.attrition),
    )


def ages_of(frame: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """The age column of whole rows; NaN where the catalogue has none."""
    return frame[:, list(names).index(AGE)] if AGE in names else np.full(len(frame), np.nan)


def _labels(task: NeedTask, snapshot: Snapshot, rows: pd.DataFrame) -> Labels:
    return label_history(
        snapshot, rows, task.outcome, Window(task.horizon_days, task.gap_days), task.cohort.open_episode
    )


def _counts(rows: pd.DataFrame, kept: np.ndarray) -> dict[str, object]:
    clients = rows["client_id"]
    return {
        "rows_before": len(rows),
        "rows_after": int(kept.sum()),
        "clients_before": int(clients.nunique()),
        "clients_after": int(clients[kept].nunique()),
    }
