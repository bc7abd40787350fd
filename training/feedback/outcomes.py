"""What came of an answer: the task's own rule on the tables as they read at a midnight, and later segmentations."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from configs.errors import DataError
from features.outcomes import Window, label_rows
from features.store import Snapshot, bucket_of, read_table
from models.needs.need import main_place
from models.needs.need_task import NeedTask
from models.segments.scheme import Scheme
from training.feedback.known_then import known_then
from training.rows.records import standing
from training.segments.labels import segment_labels

DAY = np.timedelta64(1, "D")
SCORED, NOT_DUE, NOT_COUNTABLE = "scored", "not_due", "not_countable"


@dataclass(frozen=True)
class Realised:
    """Per asked row: its state, the outcome (1 / 0; NaN unless scored), the day of it, and the segment recorded."""

    state: np.ndarray
    outcome: np.ndarray
    day: np.ndarray
    """datetime64[D]; NaT where nothing came."""
    segment: np.ndarray
    """object; None for needs and where none was recorded."""

    @classmethod
    def unknown(cls, rows: int, state: str) -> "Realised":
        """Rows of one state without an outcome."""
        states, nothing = np.full(rows, state, object), np.full(rows, None, object)
        return cls(states, np.full(rows, np.nan), np.full(rows, "NaT", "datetime64[D]"), nothing)


def last_known(snapshot: Snapshot, midnight: date) -> date:
    """The last day that is wholly known at `midnight`."""
    return min(snapshot.data_until, midnight - timedelta(days=1))


def need_outcomes(snapshot: Snapshot, rows: pd.DataFrame, task: NeedTask, midnight: date) -> Realised:
    """Outcomes of one task for rows (client_id, as_of), counted as in training but with what was known at `midnight`.

    A row is due when its horizon ended inside the data; `not_countable`: dead, moved or already there at `as_of`.
    """
    found = Realised.unknown(len(rows), NOT_DUE)
    until, window = last_known(snapshot, midnight), Window(task.horizon_days, task.gap_days)
    due = _days(rows) + window.reach_days * DAY <= np.datetime64(until)
    buckets = np.array([bucket_of(client, snapshot.n_buckets) for client in rows["client_id"]], np.int64)
    for bucket in np.unique(buckets[due]).tolist():
        place = np.flatnonzero(due & (buckets == bucket))
        _judge(snapshot, bucket, rows.iloc[place].reset_index(drop=True), place, task, until, midnight, found)
    return found


def _judge(
    snapshot: Snapshot,
    bucket: int,
    rows: pd.DataFrame,
    place: np.ndarray,
    task: NeedTask,
    until: date,
    midnight: date,
    found: Realised,
) -> None:
    """Write the outcomes of one bucket's rows into `found`."""
    kinds = task.cohort.open_episode
    names = {*task.outcome.columns, "residents", *(["episodes"] if kinds else [])}
    clients = set(rows["client_id"])
    tables = known_then({name: _of(read_table(snapshot, name, bucket), clients) for name in names}, midnight)
    window = Window(task.horizon_days, task.gap_days)
    labels = label_rows(rows, tables, tables["residents"], task.outcome, window, until, kinds)
    kept = place[labels.kept]
    yes = labels.label >= main_place(task)
    found.state[place], found.state[kept] = NOT_COUNTABLE, SCORED
    found.outcome[kept] = yes
    found.day[kept] = np.where(yes, labels.event_day, np.datetime64("NaT", "D"))


def segment_outcomes(snapshot: Snapshot, rows: pd.DataFrame, scheme: Scheme, days: int, midnight: date) -> Realised:
    """The first segment recorded in [as_of, as_of + days) for rows (client_id, as_of, proposed).

    The outcome is 1 where it is the proposed one; `not_countable`: nobody recorded a whole one in time.
    """
    found, as_of = Realised.unknown(len(rows), NOT_DUE), _days(rows)
    due = as_of + days * DAY <= np.datetime64(last_known(snapshot, midnight))
    found.state[due] = NOT_COUNTABLE
    records = _recorded(snapshot, scheme, midnight)
    asked = rows[["client_id"]].assign(row=np.arange(len(rows)), as_of=as_of)[due].merge(records, on="client_id")
    inside = (asked["day"] >= asked["as_of"]) & (asked["day"] < asked["as_of"] + days * DAY)
    first = asked[inside].sort_values(["row", "day"], kind="stable").drop_duplicates("row")
    place = first["row"].to_numpy(np.int64)
    found.state[place], found.segment[place] = SCORED, first["segment"].to_numpy(object)
    found.day[place] = first["day"].to_numpy().astype("datetime64[D]")
    found.outcome[place] = found.segment[place] == rows["proposed"].to_numpy(object)[place]
    return found


def _recorded(snapshot: Snapshot, scheme: Scheme, midnight: date) -> pd.DataFrame:
    """client_id, day, segment of every whole record of the scheme that was known at `midnight`."""
    table = known_then({"segment_records": read_table(snapshot, "segment_records")}, midnight)["segment_records"]
    try:
        records = standing(table, scheme)
    except DataError:  # none of this scheme yet: nothing was recorded
        return pd.DataFrame({"client_id": [], "day": np.array([], "datetime64[D]"), "segment": []})
    segments = segment_labels(scheme, records.levels)
    found = pd.DataFrame({"client_id": records.clients, "day": records.as_of, "segment": segments})
    return found[found["segment"] != ""]


def _of(frame: pd.DataFrame, clients: set[str]) -> pd.DataFrame:
    return frame[frame["client_id"].isin(clients)]


def _days(rows: pd.DataFrame) -> np.ndarray:
    return rows["as_of"].to_numpy().astype("datetime64[D]")
