"""A service chain whose truth is known: servers at every stage, a line before each, arrivals with a rhythm.

Discrete events, one client at a time, first come first served (a tandem of G/M/c queues, Kendall 1953).  Servers work
around the clock and their hours are what the capacity register tells, so utilisation is known beforehand:
arrivals × service hours / staffed hours.  A bottleneck is planted by fewer servers at one stage.
"""

import heapq
from dataclasses import dataclass

import numpy as np
import pandas as pd

DAY_HOURS = 24.0
WEEKDAYS = np.array([1.15, 1.15, 1.15, 1.15, 1.15, 0.65, 0.60])
YEARLY = 0.10
HOURS_PER_WEEK = 168.0


@dataclass(frozen=True)
class Station:
    """One stage: `servers` side by side, each serving one client for `hours` on average (exponential)."""

    id: str
    servers: int
    hours: float
    leaves: float = 0.0
    """Share of clients who leave the chain after it."""


@dataclass(frozen=True)
class Simulated:
    """What happened: one row per client and stage (client, stage, entered, served, left: hours since the start)."""

    visits: pd.DataFrame
    start: pd.Timestamp
    stations: tuple[Station, ...]

    def frame(self) -> pd.DataFrame:
        """The visits as the spells that features.flow makes: whole days, moves, no area."""
        day = self.visits[["entered", "left"]] // DAY_HOURS
        last = self.visits["stage"].map({one.id: place for place, one in enumerate(self.stations)})
        rows = self.visits.assign(place=last, entered=day["entered"], left=day["left"]).sort_values(["client", "place"])
        same = rows["client"] == rows["client"].shift()
        came_from = rows["stage"].shift().where(same, "outside")
        went_to = rows["stage"].shift(-1).where(same.shift(-1, fill_value=False), "exit")
        dates = {name: self.start + pd.to_timedelta(rows[name], unit="D") for name in ("entered", "left")}
        return pd.DataFrame(
            {"client_id": rows["client"].astype(str), "case": rows["client"], "stage": rows["stage"],
             "came_from": came_from, "went_to": went_to, **dates}
        ).reset_index(drop=True)  # fmt: skip


def known_before(frame: pd.DataFrame, until: pd.Timestamp) -> pd.DataFrame:
    """The spells as they were known at the midnight `until`."""
    begun = frame[frame["entered"] < until]
    gone = begun["left"] < until
    return begun.assign(left=begun["left"].where(gone), went_to=begun["went_to"].where(gone))


def simulate(stations: tuple[Station, ...], per_week: float, weeks: int, seed: int, warm_up: int = 52) -> Simulated:
    """`weeks` weeks after a warm-up; `per_week` clients come to the first stage."""
    rng = np.random.default_rng(seed)
    start = pd.Timestamp("2020-01-06")
    arrive = _arrivals(per_week, warm_up + weeks, rng) - warm_up * HOURS_PER_WEEK
    client = np.arange(len(arrive))
    parts = []
    for station in stations:
        order = np.argsort(arrive, kind="stable")
        arrive, client = arrive[order], client[order]
        begun = _served(arrive, station, service := rng.exponential(station.hours, len(arrive)))
        left = begun + service
        parts.append(
            pd.DataFrame({"client": client, "stage": station.id, "entered": arrive, "served": begun, "left": left})
        )
        stays = rng.random(len(left)) >= station.leaves
        arrive, client = left[stays], client[stays]
    visits = pd.concat(parts, ignore_index=True)
    # The register begins with the warm-up's end: whoever left a stage before is not in it.
    return Simulated(visits[visits["left"] >= 0].reset_index(drop=True), start, stations)


def capacity(stations: tuple[Station, ...], weeks: pd.DatetimeIndex) -> pd.DataFrame:
    """`stage, ds, hours`: staffed hours a week."""
    rows = [pd.DataFrame({"stage": one.id, "ds": weeks, "hours": one.servers * HOURS_PER_WEEK}) for one in stations]
    return pd.concat(rows, ignore_index=True)


def _arrivals(per_week: float, weeks: int, rng: np.random.Generator) -> np.ndarray:
    days = np.arange(weeks * 7)
    rate = per_week / 7 * WEEKDAYS[days % 7] * (1 + YEARLY * np.sin(2 * np.pi * days / 365.25))
    counts = rng.poisson(rate)
    return np.sort(np.repeat(days * DAY_HOURS, counts) + rng.uniform(0, DAY_HOURS, counts.sum()))


def _served(arrive: np.ndarray, station: Station, service: np.ndarray) -> np.ndarray:
    """When each client's service begins: at arrival, or when the first server is free."""
    free = [-np.inf] * station.servers
    begun = np.empty(len(arrive))
    for place, (came, hours) in enumerate(zip(arrive.tolist(), service.tolist(), strict=True)):
        begun[place] = max(came, heapq.heappop(free))
        heapq.heappush(free, begun[place] + hours)
    return begun
