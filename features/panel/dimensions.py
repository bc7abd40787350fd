"""What a series can be divided by beside the columns of its table: where the client lived, how old, how intense."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

BANDS = ("under65", "65to74", "75plus")
BAND_EDGES = (65, 75)  # years, reached during the calendar year (plans: 65+ is an older person, 75+ home care)
UNKNOWN = "unknown"
NONE = "none"
NIGHT, DAY, EVENING = "night", "day", "evening"
SHIFTS: Mapping[str, tuple[int, int]] = {NIGHT: (22, 7), DAY: (7, 15), EVENING: (15, 22)}
"""First hour and first hour after, wall clock (home care's shifts; own assumption)."""
DERIVED = ("area", "band", "intensity", "time_of_day")


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
