"""A service chain whose truth is known: servers at every stage, a line before each, arrivals with a rhythm.

Discrete events, one client at a time, first come first served (a tandem of G/M/c queues, Kendall 1953).  Servers work
around the clock and their hours are what the capacity register tells, so utilisation is known beforehand:
arrivals × service hours / staffed hours.  A bottleneck is planted by slower work at one stage.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from configs.loader import validate_config
from features.flow import Chain, ChainRows
from features.tables import TABLES

DAY_HOURS, WEEK_HOURS = 24.0, 168.0
WEEKDAYS = np.array([1.15, 1.15, 1.15, 1.15, 1.15, 0.65, 0.60])
YEARLY = 0.10
START = pd.Timestamp("2020-01-06")
WARM_UP = 52
"""Weeks before the register begins."""


@dataclass(frozen=True)
class Station:
    """One stage: `servers` side by side, each serving one client for `hours` on average (exponential)."""

    id: str
    servers: int
    hours: float
    more_from: float | None = None
    """Hour from which one more server works; None = never."""


def chain_of(stations: Sequence[Station]) -> Chain:
    """The chain as a county would describe it: one row of `requests` per client and stage."""
    stages = [
        {
            "id": one.id,
            "name": _words(one.id),
            "rows": {"table": "requests", "enter": "requested_at", "leave": ["ended_at"], "matter": "request_id"},
            "unhindered_days": one.hours / DAY_HOURS,
            "capacity": {"filter": {"unit": one.id}, "hours_each": one.hours},
        }
        for one in stations
    ]
    values = {"id": "queueing", "name": _words("queueing"), "stages": stages, "path": [one.id for one in stations]}
    return validate_config({**values, "reporting_lag_days": 0}, Chain, "queueing")


def simulate(
    stations: Sequence[Station], per_week: float, weeks: int, seed: int, then: tuple[int, int] | None = None
) -> pd.DataFrame:
    """`client, stage, entered, left` (hours since the register began) of `weeks` weeks after the warm-up.

    The same seed brings the same clients with the same work, whatever the servers.  `then` = (weeks more, another
    seed): the same past, and another future after it.
    """
    rng = np.random.default_rng(seed)
    arrive = _arrivals(per_week, WARM_UP + weeks, rng) - WARM_UP * WEEK_HOURS
    work = rng.exponential(1.0, (len(arrive), len(stations)))
    if then is not None:
        later = np.random.default_rng([seed, then[1]])
        more = _arrivals(per_week, then[0], later, WARM_UP + weeks) - WARM_UP * WEEK_HOURS
        arrive, weeks = np.append(arrive, more), weeks + then[0]
        work = np.concatenate([work, later.exponential(1.0, (len(more), len(stations)))])
    client, parts = np.arange(len(arrive)), []
    for place, station in enumerate(stations):
        order = np.argsort(arrive, kind="stable")
        arrive, client = arrive[order], client[order]
        left = _left(arrive, work[client, place] * station.hours, station)
        parts.append(pd.DataFrame({"client": client, "stage": station.id, "entered": arrive, "left": left}))
        arrive = left
    visits = pd.concat(parts, ignore_index=True)
    return visits[(visits["left"] >= 0) & (visits["entered"] < weeks * WEEK_HOURS)].reset_index(drop=True)


def register(visits: pd.DataFrame, stations: Sequence[Station], weeks: int) -> ChainRows:
    """The visits as the store gives them, everything recorded on its day; nobody knows more than the last week."""
    until = START + pd.Timedelta(weeks=weeks)
    entered, left = (START + pd.to_timedelta(visits[name], unit="h").dt.floor("s") for name in ("entered", "left"))
    left = left.where(left < until)
    name = visits["client"].map("{:032x}".format)
    rows = pd.DataFrame({"client_id": name, "request_id": name, "requested_at": entered, "ended_at": left})
    rows = rows.assign(recorded_at=entered, ended_recorded_at=left, superseded_at=pd.NaT)
    clocks = ("assessed_at", "assessed_recorded_at", "started_at", "started_recorded_at")
    rows = rows.assign(**dict.fromkeys(clocks, pd.NaT)).astype(dict.fromkeys(_TIMES, "datetime64[s]"))
    nobody = _nobody("residents")
    return ChainRows(
        stages={one.id: rows[(visits["stage"] == one.id).to_numpy()].reset_index(drop=True) for one in stations},
        residents=nobody,
        segments=_nobody("segment_records"),
        groups={},
        data_until=_day(until - pd.Timedelta(days=1)),
        sha256="0" * 64,
    )


def staffed(stations: Sequence[Station], weeks: pd.DatetimeIndex) -> pd.DataFrame:
    """`stage, ds, hours`: staffed hours a week."""
    parts = [pd.DataFrame({"stage": one.id, "ds": weeks, "hours": one.servers * WEEK_HOURS}) for one in stations]
    return pd.concat(parts, ignore_index=True)


_TIMES = (
    *("requested_at", "ended_at", "recorded_at", "ended_recorded_at", "superseded_at"),
    *("assessed_at", "assessed_recorded_at", "started_at", "started_recorded_at"),
)


def _arrivals(per_week: float, weeks: int, rng: np.random.Generator, first_week: int = 0) -> np.ndarray:
    days = np.arange(first_week * 7, (first_week + weeks) * 7)
    rate = per_week / 7 * WEEKDAYS[days % 7] * (1 + YEARLY * np.sin(2 * np.pi * days / 365.25))
    counts = rng.poisson(rate)
    return np.sort(np.repeat(days * DAY_HOURS, counts) + rng.uniform(0, DAY_HOURS, counts.sum()))


def _left(arrive: np.ndarray, work: np.ndarray, station: Station) -> np.ndarray:
    """When each client is done: served at arrival, or when the first server is free."""
    free = [-np.inf] * station.servers + ([] if station.more_from is None else [station.more_from])
    heapq.heapify(free)
    left = np.empty(len(arrive))
    for place, (came, hours) in enumerate(zip(arrive.tolist(), work.tolist(), strict=True)):
        left[place] = max(came, heapq.heappop(free)) + hours
        heapq.heappush(free, left[place])
    return left


def _nobody(table: str) -> pd.DataFrame:
    kinds = {"time": "datetime64[s]", "integer": "float64", "number": "float64", "flag": "bool"}
    return pd.DataFrame({one.name: pd.Series([], dtype=kinds.get(one.kind, "object")) for one in TABLES[table].columns})


def _day(moment: pd.Timestamp) -> date:
    return moment.date()


def _words(word: str) -> dict[str, str]:
    return {"fi": word, "sv": word, "en": word}
