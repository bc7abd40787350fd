"""Only what had been recorded by a date: canonical tables filtered in plain pandas.

Shares no code with the kernel and its clocks, and repeats on purpose which column is the clock of which date: a clock
that the data contract forgets is found here.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

Frames = Mapping[str, pd.DataFrame]
OWN_DATE = {
    "residents": "valid_from",
    "contacts": "time",
    "episodes": "start",
    "assessments": "time",
    "requests": "requested_at",
    "plans": "valid_from",
    "diagnoses": "time",
    "segment_records": "time",
    "relations": "valid_from",
    "decisions": "time",
}
RECORDED_WITH_ROW = {"residents": ("history_start",)}
LATER_DATES = {
    "residents": {"died_on": "died_recorded_at", "valid_to": "valid_to_recorded_at"},
    "episodes": {"end": "end_recorded_at"},
    "requests": {
        "assessed_at": "assessed_recorded_at",
        "started_at": "started_recorded_at",
        "ended_at": "ended_recorded_at",
    },
    "plans": {"valid_to": "valid_to_recorded_at"},
    "relations": {"valid_to": "valid_to_recorded_at"},
}
SAID_WITH = {("requests", "ended_at"): ("outcome",)}
"""Columns that are written when a later date is."""
MENDED = ("service", "channel", "professional_id", "minutes", "municipality", "birth_year", "history_start", "value")
MENDED += ("kind", "intensity", "granted_minutes_per_week", "outcome", "code", "status", "role", "other_id")
"""Columns in which a made-up correction says something else."""


def recorded_by(tables: Frames, as_of: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """The tables as they would have been delivered just before the midnight `as_of`."""
    return {name: _recorded(name, frame, as_of) for name, frame in tables.items() if name in OWN_DATE}


def _recorded(name: str, frame: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    rows = frame[frame["recorded_at"] < as_of].copy()
    rows.loc[rows["superseded_at"] >= as_of, "superseded_at"] = pd.NaT  # nobody had corrected it yet
    for date in (OWN_DATE[name], *RECORDED_WITH_ROW.get(name, ())):
        rows.loc[rows[date] >= as_of, date] = pd.NaT
    for date, clock in LATER_DATES.get(name, {}).items():
        unknown = ~((rows[date] < as_of) & (rows[clock] < as_of))
        for emptied in (date, clock, *SAID_WITH.get((name, date), ())):
            rows.loc[unknown, emptied] = pd.NaT if emptied in (date, clock) else None
    return rows.reset_index(drop=True)


def without_clock(tables: Frames, clock: str) -> dict[str, pd.DataFrame]:
    """The tables as a county would have them that does not keep `clock`: everything was known at once, or for ever."""
    return {name: _blind(name, frame.copy(), clock) for name, frame in tables.items()}


def _blind(name: str, frame: pd.DataFrame, clock: str) -> pd.DataFrame:
    if clock == "superseded_at":
        frame[clock] = np.full(len(frame), np.datetime64("NaT"), "datetime64[s]")
    elif clock == "recorded_at" and name in OWN_DATE:
        frame[clock] = frame[OWN_DATE[name]].fillna(frame[clock])
    for date, of in LATER_DATES.get(name, {}).items():
        if of == clock:
            frame[clock] = frame[date]
    return frame


def with_corrections(tables: Frames, seed: int) -> dict[str, pd.DataFrame]:
    """One row in ten gets a later version that says something else; one end in three is recorded late."""
    random = np.random.default_rng(seed)
    return {name: _corrected(name, frame, random) for name, frame in tables.items()}


def _corrected(name: str, frame: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    if name not in OWN_DATE or frame.empty:
        return frame
    frame = _late_ends(name, frame.reset_index(drop=True), random)
    current = np.flatnonzero(frame["superseded_at"].isna())
    places = random.choice(current, -(-len(current) // 10), replace=False)
    later, other = frame.iloc[places].copy(), frame.iloc[random.permutation(places)]
    for column in MENDED:
        if column in frame:
            later[column] = other[column].array
    moment = frame["recorded_at"].to_numpy()[places] + _days(random, len(places), 300)
    later["recorded_at"] = moment
    frame.loc[places, "superseded_at"] = moment
    return pd.concat([frame, later], ignore_index=True)


def _late_ends(name: str, frame: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    for clock in LATER_DATES.get(name, {}).values():
        late = np.flatnonzero(random.random(len(frame)) < 1 / 3)
        frame.loc[late, clock] = frame[clock].to_numpy()[late] + _days(random, len(late), 200)
    return frame


def _days(random: np.random.Generator, count: int, most: int) -> np.ndarray:
    return np.asarray(random.integers(1, most, count).astype("timedelta64[D]").astype("timedelta64[s]"))
