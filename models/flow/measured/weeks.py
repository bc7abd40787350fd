"""Week by week: how long those who left a stage had been there, how long cases took, and how counts scatter."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.flow import Chain
from models.small_cells import SMALLEST_CELL

WEEK_MEASURES = ("arrivals", "departures", "stock_end")


@dataclass(frozen=True)
class WaitWeek:
    """Days spent by those who were done in one week.  The quantiles are None where they are fewer than five."""

    stage: str
    week: str
    """ISO day of its Monday."""
    p25: float | None
    median: float | None
    p75: float | None
    p90: float | None


@dataclass(frozen=True)
class WeeklySpread:
    """How one weekly count of a stage scattered over the recent weeks: in eight weeks of ten it was low … high."""

    stage: str
    measure: str
    low: float
    median: float
    high: float


def stage_waits(chain: Chain, spells: pd.DataFrame, weeks: pd.DatetimeIndex) -> tuple[WaitWeek, ...]:
    """Days in each stage of those who left it, by the week in which they left."""
    return tuple(line for stage in chain.ids for line in _waits(stage, _left(spells, stage), "left", weeks))


def throughput_weeks(chain: Chain, spells: pd.DataFrame, weeks: pd.DatetimeIndex) -> tuple[WaitWeek, ...]:
    """Days from a case's first stage to the last one of the described path, by the week in which it was reached."""
    return tuple(_waits(chain.path[-1], reached_the_end(chain, spells), "entered", weeks))


def reached_the_end(chain: Chain, spells: pd.DataFrame) -> pd.DataFrame:
    """The first stay in the path's last stage of each case that did not begin there, with its `days` so far."""
    begun = spells.sort_values("entered", kind="stable").groupby("case")[["entered", "stage"]].first()
    last = spells[spells["stage"] == chain.path[-1]].sort_values("entered", kind="stable").drop_duplicates("case")
    last = last[(last["case"].map(begun["stage"]) != chain.path[-1]).to_numpy()]
    return last.assign(days=(last["entered"] - last["case"].map(begun["entered"])).dt.days)


def _left(spells: pd.DataFrame, stage: str) -> pd.DataFrame:
    gone = spells[(spells["stage"] == stage) & spells["left"].notna()]
    return gone.assign(days=(gone["left"] - gone["entered"]).dt.days)


def _waits(stage: str, rows: pd.DataFrame, moment: str, weeks: pd.DatetimeIndex) -> Iterator[WaitWeek]:
    days = {monday: own["days"].to_numpy(float) for monday, own in rows.groupby(_mondays(rows[moment]))}
    for monday in weeks:
        own = days.get(monday, np.empty(0))
        known = len(own) >= SMALLEST_CELL
        cuts = [float(cut) for cut in np.quantile(own, (0.25, 0.5, 0.75, 0.9))] if known else [None] * 4
        yield WaitWeek(stage, monday.date().isoformat(), *cuts)


def _mondays(days: pd.Series) -> pd.Series:
    return days.dt.normalize() - pd.to_timedelta(days.dt.weekday, unit="D")


def weekly_spread(flows: pd.DataFrame, stages: tuple[str, ...], weeks: int) -> tuple[WeeklySpread, ...]:
    """Each weekly count of the newest `weeks` weeks: its median, and the band that holds eight of ten."""
    recent = flows[flows["ds"] > flows["ds"].max() - pd.Timedelta(weeks=weeks)]
    return tuple(
        WeeklySpread(stage, measure, *np.quantile(recent.loc[recent["stage"] == stage, measure], (0.1, 0.5, 0.9)))
        for stage in stages
        for measure in WEEK_MEASURES
    )
