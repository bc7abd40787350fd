"""Spells to weekly flows.  People are conserved: stock(next week) = stock(week) + arrivals − departures, always."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from features.flow.chain import EXIT, OUTSIDE

WEEK = 7
MEASURES = ("arrivals", "departures", "stock")


def weeks_between(first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    """The Mondays from `first` to `last`, both included."""
    return pd.date_range(first, last, freq="W-MON")


def weekly_flows(spells: pd.DataFrame, stages: Sequence[str], weeks: pd.DatetimeIndex) -> pd.DataFrame:
    """One row per stage and week: `stage, ds` (Monday), `stock` (clients there at that midnight), `arrivals`,
    `departures` (during the week), `outside` (arrivals from outside the chain), `exits` (departures out of it) and
    `stock_end` (at the next Monday's midnight).

    Whoever enters and leaves on one day is counted in both flows and in no stock.
    """
    edges = np.append(weeks.to_numpy(), weeks[-1].to_numpy() + np.timedelta64(WEEK, "D"))
    parts = [_stage(spells[spells["stage"] == stage], stage, edges) for stage in stages]
    return pd.concat(parts, ignore_index=True)


def _stage(spells: pd.DataFrame, stage: str, edges: np.ndarray) -> pd.DataFrame:
    entered = np.sort(spells["entered"].to_numpy())
    left = np.sort(spells["left"].dropna().to_numpy())
    came, gone = _before(entered, edges), _before(left, edges)
    outside = np.sort(spells.loc[spells["came_from"] == OUTSIDE, "entered"].to_numpy())
    exits = np.sort(spells.loc[spells["went_to"] == EXIT, "left"].to_numpy())
    return pd.DataFrame(
        {
            "stage": stage,
            "ds": edges[:-1],
            "stock": (came - gone)[:-1],
            "arrivals": np.diff(came),
            "departures": np.diff(gone),
            "outside": np.diff(_before(outside, edges)),
            "exits": np.diff(_before(exits, edges)),
            "stock_end": (came - gone)[1:],
        }
    )


def _before(ordered: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How many happened before each midnight."""
    return np.searchsorted(ordered, edges, side="left")


def conserved(flows: pd.DataFrame) -> bool:
    """True when every stage keeps its people: the stock at a week's end is its start plus arrivals less departures,
    and the next week begins with it."""
    inside = flows["stock"] + flows["arrivals"] - flows["departures"] == flows["stock_end"]
    following = flows.groupby("stage")["stock"].shift(-1)
    chained = following.isna() | (following == flows["stock_end"])
    return bool(inside.all() and chained.all())
