"""The counted rows of one client bucket: where, when, under which codes, and how much."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.panel import dimensions
from features.panel.periods import period_starts
from features.panel.rule import OF_CLIENTS, Filter, SeriesRule
from features.panel.stock import granted_hours, open_periods, shortfall_hours
from features.selection import matches
from features.store import Snapshot, read_table
from features.tables import TABLES

EPISODE_COLUMNS = ("client_id", "start", "end", "intensity", "kind", "superseded_at")
HOME_CARE = "home_care_regular"
CLIENTS = "distinct_clients"
"""Different clients of a cell and period: what says whether the cell is too small to be shown."""


@dataclass(frozen=True)
class Bucket:
    """One client bucket of a snapshot, its residents, and the last period that is counted."""

    snapshot: Snapshot
    number: int
    residents: pd.DataFrame
    last: pd.Timestamp

    def table(self, name: str, columns: tuple[str, ...], chosen: Filter | None = None) -> pd.DataFrame:
        """The bucket's rows that stand today and satisfy the conditions."""
        wanted = tuple(dict.fromkeys((*columns, *(chosen or {}), "superseded_at")))
        rows = read_table(self.snapshot, name, self.number, wanted)
        return current(rows[matches(rows, chosen)] if chosen else rows)


def current(frame: pd.DataFrame) -> pd.DataFrame:
    """The versions that stand today, texts as plain objects."""
    standing = frame[frame["superseded_at"].isna()]
    texts = standing.select_dtypes("category").columns
    return standing.assign(**{str(name): standing[name].astype(object) for name in texts})


def counted(bucket: Bucket, rule: SeriesRule) -> pd.DataFrame:
    """The bucket's sums: the rule's `by` columns, `ds`, one column per measure and CLIENTS."""
    visits = _visits(bucket, rule)
    events = dimensions.stays_at(_rows(bucket, rule), bucket.residents, "when")
    keys = {name: _dimension(name, events, bucket, rule, visits) for name in rule.by}
    values: dict[str, np.ndarray] = {measure: _measured(measure, events, rule, visits) for measure in rule.measures}
    columns: dict[str, np.ndarray] = {**keys, "ds": events["ds"].to_numpy("datetime64[ns]"), **values}
    frame = pd.DataFrame(columns)
    cell = frame[[*rule.by, "ds"]].assign(client=events["client_id"].to_numpy())
    for measure in (*rule.measures, CLIENTS):
        if measure in OF_CLIENTS or measure == CLIENTS:
            frame[measure] = _distinct(cell, frame[measure].to_numpy() if measure in OF_CLIENTS else None)
    return frame.groupby([*rule.by, "ds"], as_index=False, observed=True)[[*rule.measures, CLIENTS]].sum()


def _distinct(cell: pd.DataFrame, counts: np.ndarray | None) -> np.ndarray:
    """1.0 on the first counting row of each client in a cell."""
    counting = np.ones(len(cell), bool) if counts is None else counts > 0
    first = np.zeros(len(cell))
    first[np.flatnonzero(counting)[~cell[counting].duplicated().to_numpy()]] = 1.0
    return first


def _rows(bucket: Bucket, rule: SeriesRule) -> pd.DataFrame:
    """What is counted, with `ds` and `when`: rows, or intervals by period."""
    if rule.of_intervals:
        columns = ("client_id", "start", "end", "granted_minutes_per_week", *rule.columns)
        return open_periods(bucket.table(rule.table, columns, rule.filter), rule.period, bucket.last)
    time = TABLES[rule.table].time
    rows = bucket.table(rule.table, ("client_id", time, *rule.columns), rule.filter)
    if rule.repeat is not None:
        rows = repeated(rows, time, rule.repeat.same, rule.repeat.within_days)
    return rows.assign(when=rows[time], ds=period_starts(rows[time], rule.period))


def repeated(rows: pd.DataFrame, time: str, same: tuple[str, ...], within_days: int) -> pd.DataFrame:
    """The rows that follow another of the same client and values, at most so many days later."""
    known = rows.dropna(subset=list(same)).sort_values(["client_id", time], kind="stable")
    since = known.groupby(["client_id", *same], observed=True)[time].diff()
    return known[since <= pd.Timedelta(days=within_days)]


def _visits(bucket: Bucket, rule: SeriesRule) -> pd.DataFrame:
    """The contacts that deliver what the intervals grant, or that say how often a client is visited."""
    wanted = "shortfall_hours" in rule.measures or dimensions.VISIT_CLASS in rule.by
    columns = ("client_id", "time", "minutes")
    if not wanted:
        return pd.DataFrame(columns=list(columns))
    return bucket.table("contacts", columns, rule.delivered if rule.of_intervals else rule.filter)


def _dimension(name: str, events: pd.DataFrame, bucket: Bucket, rule: SeriesRule, visits: pd.DataFrame) -> np.ndarray:
    if name == "area":
        return events["municipality"].to_numpy()
    if name == "band":
        return dimensions.band_of(events["when"].dt.year, events["birth_year"])
    if name == "time_of_day":
        return dimensions.time_of_day(events["when"])
    if name in rule.classes:
        return dimensions.class_of(events, rule.classes[name])
    if name == dimensions.VISIT_CLASS:
        return dimensions.visit_class(events, "when", visits, rule.frequent_from)
    if name == dimensions.HOME_CARE_MODEL:
        segments = _dimension(dimensions.SEGMENT, events, bucket, rule, visits)
        return dimensions.model_of(segments, _dimension("intensity", events, bucket, rule, visits), rule.matrix)
    if name == dimensions.SEGMENT and name not in events:
        records = bucket.table("segment_records", ("client_id", "recorded_at", "segment"), {"scheme": rule.scheme})
        return dimensions.segment_of(events, records)
    if name == "intensity" and name not in events:
        episodes = bucket.table("episodes", EPISODE_COLUMNS, {"kind": HOME_CARE})
        return dimensions.intensity_of(events, "when", episodes)
    return events[name].fillna(dimensions.UNKNOWN).to_numpy()


def _measured(measure: str, events: pd.DataFrame, rule: SeriesRule, visits: pd.DataFrame) -> np.ndarray:
    if measure == "hours":
        return events["minutes"].fillna(0).to_numpy(np.float64) / 60
    if measure == "granted_hours":
        return granted_hours(events)
    if measure == "shortfall_hours":
        return shortfall_hours(events, visits, rule.period)
    if measure == "stock":
        return events["at_start"].to_numpy(np.float64)
    return np.ones(len(events))
