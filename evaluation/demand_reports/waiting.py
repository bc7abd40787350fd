"""Requests as a queue: when each was asked for, its deadline, when it was dealt with, and how long the queue was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.demand_reports.limits import deadlines
from evaluation.demand_reports.settings import Limit, Measured
from features.panel.dimensions import stays_at

WEEK = pd.Timedelta(weeks=1)
THROUGHPUT_WEEKS = 8
SHORTEST_WAIT = 0.1  # days: an empty queue


@dataclass(frozen=True)
class Queue:
    """The requests of one place, sorted by nothing: days as datetime64[ns]."""

    asked: np.ndarray
    deadline: np.ndarray
    dealt: np.ndarray
    """When the asked-for step happened; NaT while it has not."""
    left: np.ndarray
    """When the matter left the queue: dealt with, or ended before; NaT while it waits."""

    def judged(self, start: pd.Timestamp, end: pd.Timestamp, known_until: pd.Timestamp) -> tuple[int, int]:
        """(requests, those within the limit) asked for in [start, end) whose deadline has passed and is recorded.

        A matter that ended before its deadline without the step (withdrawn) is nobody's success or failure.
        """
        chosen = (self.asked >= start.to_datetime64()) & (self.asked < end.to_datetime64())
        chosen &= self.deadline < known_until.to_datetime64()
        chosen &= ~(np.isnat(self.dealt) & (self.left <= self.deadline))
        return int(chosen.sum()), int((self.dealt[chosen] <= self.deadline[chosen]).sum())

    def waiting(self, at: pd.Timestamp) -> int:
        """Matters in the queue at a midnight."""
        return int(((self.asked < at.to_datetime64()) & ~(self.left < at.to_datetime64())).sum())

    def arrivals(self, start: pd.Timestamp, end: pd.Timestamp) -> int:
        """Matters asked for in [start, end)."""
        return int(((self.asked >= start.to_datetime64()) & (self.asked < end.to_datetime64())).sum())

    def throughput(self, at: pd.Timestamp, weeks: int = THROUGHPUT_WEEKS) -> float:
        """Matters a week that left the queue in the weeks before."""
        since = (at - weeks * WEEK).to_datetime64()
        return float(((self.left >= since) & (self.left < at.to_datetime64())).sum()) / weeks

    def expected_wait(self, at: pd.Timestamp) -> float:
        """Days: the queue over its throughput (Little's law)."""
        return wait_of(self.waiting(at), self.throughput(at))


def wait_of(queue: float, weekly: float) -> float:
    """Days that a queue takes at so many matters a week."""
    return max(queue / max(weekly, 1.0 / THROUGHPUT_WEEKS) * 7, SHORTEST_WAIT)


def queues(
    requests: pd.DataFrame,
    residents: pd.DataFrame,
    limits: Sequence[Limit],
    measured: Measured,
    places: Mapping[str, tuple[str, ...]],
) -> Mapping[str, Queue]:
    """Place → its queue of the measured service; requests that no limit covers are left out."""
    own = stays_at(requests[requests["service"] == measured.service], residents, "requested_at")
    age = own["requested_at"].dt.year - own["birth_year"]
    limit = deadlines(limits, measured.level, own["requested_at"], age)
    own = own.assign(deadline=limit)[limit.notna().to_numpy()]
    return {place: _queue(own[own["municipality"].isin(areas)], measured.stop) for place, areas in places.items()}


def _queue(rows: pd.DataFrame, stop: str) -> Queue:
    dealt = _days(rows[stop])
    ended = _days(rows["ended_at"])
    left = np.where(np.isnat(dealt) | (ended < dealt), ended, dealt)
    return Queue(_days(rows["requested_at"]), _days(rows["deadline"]), dealt, left)


def _days(column: pd.Series) -> np.ndarray:
    return column.dt.normalize().to_numpy("datetime64[ns]")
