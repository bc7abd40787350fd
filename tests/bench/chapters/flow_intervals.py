"""Do the 95 % intervals of a bottleneck's figures hold the truth?  Blocks of weeks against clients, drawn anew.

The truth is the long run of the same chain (2,000 weeks): utilisation, and the share of all delay, stage by stage.  A
chain of 52 weeks scatters around it; an interval that is honest about that holds it in 95 chains of 100.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from models.flow.measured.bottlenecks import HIGH, LOW, WeeklyWork, rank
from tests.bench.report import Figure
from tests.bench.worlds.queueing import DAY_HOURS, Station, simulate

BLOCKS = (4, 8, 13, 26)
"""Weeks in a block; the flow config's own is 13."""
SERVED_BLOCK = 13
CLIENTS = "clients"
DRAWS = 400
LONG_RUN = 2_000


@dataclass(frozen=True)
class Held:
    """Of one way to draw anew: stages whose interval holds the truth, its mean width, and whether the first stage
    by delay lies clearly above the others."""

    way: str
    delay_share: float
    utilisation: float
    """NaN where the way says nothing about it."""
    width: float
    clear: bool


@lru_cache(maxsize=16)
def long_run_shares(stations: tuple[Station, ...], per_week: float) -> tuple[float, ...]:
    """The share of all delay of each stage in the long run, in whole days as the register tells them."""
    visits = simulate(stations, per_week, LONG_RUN, seed=987)
    stays = np.floor(visits["left"] / DAY_HOURS) - np.floor(visits["entered"] / DAY_HOURS)
    beyond = visits["stage"].map({one.id: one.hours / DAY_HOURS for one in stations})
    delay = (stays - beyond).clip(lower=0).groupby(visits["stage"]).sum()
    return tuple(float(delay[one.id] / delay.sum()) for one in stations)


def held(
    stations: tuple[Station, ...], per_week: float, work: WeeklyWork, delays: np.ndarray, seed: int
) -> tuple[Held, ...]:
    """Every way on one chain; `delays` are the days of delay of each client and stage."""
    shares = np.array(long_run_shares(stations, per_week))
    used = np.array([per_week * one.hours / (one.servers * 7 * DAY_HOURS) for one in stations])
    return (*(_by_weeks(work, block, shares, used, seed) for block in BLOCKS), _by_clients(delays, shares, seed))


def _by_weeks(work: WeeklyWork, block: int, shares: np.ndarray, used: np.ndarray, seed: int) -> Held:
    rows = {row.stage: row for row in rank(work, DRAWS, block, seed).stages}
    delay = np.array([(rows[name].delay_share.low, rows[name].delay_share.high) for name in work.stages])
    load = [rows[name].utilisation for name in work.stages]
    busy = np.array([(one.low, one.high) for one in load if one is not None])
    return Held(f"blocks of {block} weeks", _inside(delay, shares), _inside(busy, used), _width(delay), _clear(delay))


def client_delays(
    spells: pd.DataFrame, stages: Sequence[str], hours: Sequence[float], since: pd.Timestamp
) -> np.ndarray:
    """Days of delay after `since` [clients × stages]."""
    until = pd.concat([spells["entered"], spells["left"]]).max()
    free = spells["stage"].map(dict(zip(stages, hours, strict=True))) / DAY_HOURS
    begin = (spells["entered"].dt.normalize() + pd.to_timedelta(free, unit="D")).clip(lower=since)
    days = ((spells["left"].fillna(until).dt.normalize() - begin) / pd.Timedelta(days=1)).clip(lower=0)
    table = days.groupby([spells["client_id"], spells["stage"]]).sum().unstack(fill_value=0.0)
    return np.asarray(table.reindex(columns=list(stages), fill_value=0.0).to_numpy(float))


def _by_clients(delays: np.ndarray, shares: np.ndarray, seed: int) -> Held:
    """Clients drawn anew, each as often as chance has it (Poisson bootstrap)."""
    drawn = np.random.default_rng(seed).poisson(1.0, (DRAWS, len(delays))) @ delays
    found = np.percentile(drawn / drawn.sum(axis=1, keepdims=True), (LOW, HIGH), axis=0).T
    return Held(CLIENTS, _inside(found, shares), np.nan, _width(found), _clear(found))


def _inside(ends: np.ndarray, truth: np.ndarray) -> float:
    return float(((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean())


def _width(ends: np.ndarray) -> float:
    return float((ends[:, 1] - ends[:, 0]).mean())


def _clear(ends: np.ndarray) -> bool:
    first = int(ends.mean(axis=1).argmax())
    return bool(ends[first, 0] > np.delete(ends[:, 1], first).max())


def interval_figures(planted: Sequence[tuple[Held, ...]], even: Sequence[tuple[Held, ...]]) -> dict[str, Figure]:
    """Prints every way beside the others; the figures of the served one and of clients."""
    print("\n95 % intervals drawn from   share of delay   utilisation   width   'clear' by delay alone: planted   even")
    figures: dict[str, Figure] = {}
    for place, way in enumerate(one.way for one in planted[0]):
        every = [chain[place] for chain in (*planted, *even)]
        cover, used = (float(np.mean([getattr(one, name) for one in every])) for name in ("delay_share", "utilisation"))
        width = float(np.mean([one.width for one in every]))
        clear, false = (float(np.mean([chain[place].clear for chain in chains])) for chains in (planted, even))
        print(f"{way:26}{cover:16.3f}{used:14.3f}{width:8.3f}{clear:40.2f}{false:7.2f}")
        if way in (CLIENTS, f"blocks of {SERVED_BLOCK} weeks"):
            name = "clients" if way == CLIENTS else "weeks"
            figures[f"delay_share_coverage95_{name}"] = Figure(cover, "share")
            figures[f"false_clear_by_delay_{name}"] = Figure(false, "share of seeds")
    return figures
