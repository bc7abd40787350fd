"""What a series can be divided by beside the columns of its table: where the client lived, how old, how intense."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from features.catalogue.families import Condition
from features.selection import matches

BANDS = ("under65", "65to74", "75plus")
BAND_EDGES = (65, 75)  # years, reached during the calendar year (plans: 65+ is an older person, 75+ home care)
UNKNOWN = "unknown"
NONE = "none"
NIGHT, DAY, EVENING = "night", "day", "evening"
SHIFTS: Mapping[str, tuple[int, int]] = {NIGHT: (22, 7), DAY: (7, 15), EVENING: (15, 22)}
"""First hour and first hour after, wall clock (home care's shifts; own assumption)."""
FREQUENT, LIGHT = "frequent", "light"
SEGMENT, VISIT_CLASS = "segment", "visit_class"
HOME_CARE_MODEL = "home_care_model"
DERIVED = ("area", "band", "intensity", "time_of_day", SEGMENT, VISIT_CLASS, HOME_CARE_MODEL)
OF_PERSONS = frozenset({"area", "band", "intensity", SEGMENT, VISIT_CLASS, HOME_CARE_MODEL})
"""Dimensions whose codes divide people: a client is counted under one code at a time."""


def stays_at(events: pd.DataFrame, residents: pd.DataFrame, when: str) -> pd.DataFrame:
    """The events that happened while their client lived in the county, with `municipality` and `birth_year`.

    Where two stays overlap the later one counts, so that an event is never counted twice.
    """
    stays = residents[["client_id", "municipality", "birth_year", "valid_from", "valid_to"]]
    joined = events.assign(event=np.arange(len(events))).merge(stays, on="client_id")
    inside = (joined[when] >= joined["valid_from"]) & ~(joined[when] >= joined["valid_to"])
    ordered = joined[inside].sort_values(["event", "valid_from"], kind="stable")
    return ordered.drop_duplicates("event", keep="last").drop(columns=["event", "valid_from", "valid_to"])


def band_of(year: pd.Series, birth_year: pd.Series) -> np.ndarray:
    """The age band reached during the year; UNKNOWN without a birth year."""
    age = (year - birth_year).to_numpy(np.float64)
    bands = np.array(BANDS, dtype=object)[np.digitize(np.nan_to_num(age), BAND_EDGES)]
    return np.where(np.isnan(age), UNKNOWN, bands)


def intensity_of(events: pd.DataFrame, when: str, episodes: pd.DataFrame) -> np.ndarray:
    """The intensity of the client's home-care episode that covered each event; NONE without one."""
    numbered = events[["client_id", when]].assign(event=np.arange(len(events)))
    joined = numbered.merge(episodes[["client_id", "start", "end", "intensity"]], on="client_id")
    covering = joined[(joined[when] >= joined["start"]) & ~(joined[when] >= joined["end"])]
    latest = covering.sort_values(["event", "start"], kind="stable").drop_duplicates("event", keep="last")
    found = np.full(len(events), NONE, dtype=object)
    found[latest["event"].to_numpy()] = latest["intensity"].astype(object).fillna(UNKNOWN)
    return found


def time_of_day(times: pd.Series) -> np.ndarray:
    """Night, day or evening by the wall clock."""
    hour = times.dt.hour.to_numpy()
    night = (hour >= SHIFTS[NIGHT][0]) | (hour < SHIFTS[NIGHT][1])
    return np.where(night, NIGHT, np.where(hour < SHIFTS[DAY][1], DAY, EVENING)).astype(object)


def segment_of(events: pd.DataFrame, records: pd.DataFrame) -> np.ndarray:
    """The client's latest segment recorded before the event's period (`ds`) began; NONE without one.

    A segmentation that ended without a segment says UNKNOWN.  `records`: client_id, recorded_at, segment.
    """
    left = events[["client_id", "ds"]].assign(event=np.arange(len(events)))
    joined = left.merge(records[["client_id", "recorded_at", "segment"]], on="client_id")
    before = joined[joined["recorded_at"] < joined["ds"]]
    latest = before.sort_values(["event", "recorded_at"], kind="stable").drop_duplicates("event", keep="last")
    found = np.full(len(events), NONE, dtype=object)
    found[latest["event"].to_numpy()] = latest["segment"].astype(object).fillna(UNKNOWN)
    return found


def visit_class(events: pd.DataFrame, when: str, visits: pd.DataFrame, frequent_from: int) -> np.ndarray:
    """FREQUENT for a client with so many visits in the calendar month of `when`, LIGHT below.

    `visits`: client_id, time.  Source of 60 visits a month as the limit of heavy home care: THL, kotihoidon laskenta.
    """
    months = visits["time"].dt.year * 12 + visits["time"].dt.month
    made = visits.groupby([visits["client_id"].astype(object), months]).size()
    asked = events[when].dt.year * 12 + events[when].dt.month
    keys = pd.MultiIndex.from_arrays([events["client_id"].astype(object), asked])
    number = made.reindex(keys).fillna(0).to_numpy()
    return np.where(number >= frequent_from, FREQUENT, LIGHT).astype(object)


def model_of(segments: np.ndarray, intensities: np.ndarray, matrix: Mapping[str, Mapping[str, str]]) -> np.ndarray:
    """The home-care model of each segment and intensity of home care; UNKNOWN where the matrix has no cell."""
    pairs = zip(segments, intensities, strict=True)
    return np.array([matrix.get(one, {}).get(intensity, UNKNOWN) for one, intensity in pairs], dtype=object)


def class_of(rows: pd.DataFrame, codes: Mapping[str, Mapping[str, Condition]]) -> np.ndarray:
    """The first code whose conditions hold for the row; NONE when none does."""
    found = np.full(len(rows), NONE, dtype=object)
    for code, conditions in reversed(tuple(codes.items())):
        found[matches(rows, conditions)] = code
    return found
