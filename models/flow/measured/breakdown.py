"""Stages in figures: time in the stage and time to the service, for everybody and by area, segment and group.

Of a part of the clients, cells of fewer than five are hidden, with as many others as it takes that nobody is found by
subtraction.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.flow import Chain
from models.flow.capacity import unhindered_days
from models.flow.measured.weeks import reached_the_end
from models.flow.moves.hazards import stay_curve
from models.small_cells import SMALLEST_CELL, hidden_cells

ALL = "all"
YES, NO = "yes", "no"


@dataclass(frozen=True)
class StageLine:
    """One stage of one part of the clients over the recent weeks.  None = hidden, or not known."""

    stage: str
    dimension: str
    """all, area, segment or a group's id."""
    value: str
    clients: int | None
    """Different clients who were in the stage during the weeks."""
    arrivals: int | None
    departures: int | None
    stock: int | None
    """Clients there at the end."""
    median_days: float | None
    p90_days: float | None
    """Days in the stage by which half, and nine of ten, have left; None when they never do within two years."""
    delay_days: float | None
    """Mean days beyond those that the stage takes when nobody waits, of those who left; None for the service itself."""


@dataclass(frozen=True)
class Throughput:
    """Days from a case's first stage to the last stage of the described path, of those who reached it."""

    cases: int | None
    median: float | None
    p90: float | None


def stage_lines(chain: Chain, spells: pd.DataFrame, since: pd.Timestamp, until: pd.Timestamp) -> tuple[StageLine, ...]:
    """Every stage for everybody, then by area, segment and vulnerable group."""
    seen = spells[(spells["entered"] < until) & ~(spells["left"] < since)]
    found: list[StageLine] = []
    for stage in chain.ids:
        rows = _with_delay(chain, stage, spells, seen[seen["stage"] == stage])
        for dimension, labels in _dimensions(chain, rows):
            found += _lines(stage, dimension, rows, labels, since, until)
    return tuple(found)


def _with_delay(chain: Chain, stage: str, spells: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    days = (rows["left"] - rows["entered"]).dt.days - unhindered_days(chain.stage(stage), spells)
    return rows.assign(delay=days.clip(lower=0) if chain.stage(stage).waiting else np.nan)


def _dimensions(chain: Chain, rows: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    yield ALL, pd.Series(ALL, index=rows.index, dtype=object)
    if chain.areas:
        yield "area", rows["area"].astype(object)
    if chain.segment_scheme:
        yield "segment", rows["segment"].astype(object)
    for group in chain.groups:
        yield group.id, rows[f"group_{group.id}"].map({True: YES, False: NO}).astype(object)


def _lines(
    stage: str, dimension: str, rows: pd.DataFrame, labels: pd.Series, since: pd.Timestamp, until: pd.Timestamp
) -> list[StageLine]:
    """One line a value of the dimension."""
    parts = {str(value): part for value, part in rows.groupby(labels.to_numpy())}
    counts = {value: _counts(part, since, until) for value, part in parts.items()}
    table = np.array(list(counts.values()), dtype=int).reshape(len(parts), 4)
    hidden = np.array([hidden_cells([int(n) for n in column]) for column in table.T], bool).T.reshape(len(parts), 4)
    hidden[:, 2:] = hidden[:, 2:].any(axis=1, keepdims=True)  # who was there either left or is there: one tells both
    hidden &= dimension != ALL  # the whole chain's counts are its workload, and its weekly flows show them anyway
    return [
        _line(stage, dimension, value, part, table[row], hidden[row], since, until)
        for row, (value, part) in enumerate(parts.items())
    ]


def _counts(rows: pd.DataFrame, since: pd.Timestamp, until: pd.Timestamp) -> tuple[int, int, int, int]:
    """Different clients: in the stage at all, who came, who left, who are there at the end."""
    came = rows[rows["entered"] >= since]
    left = rows[(rows["left"] >= since) & (rows["left"] < until)]
    here = rows[~(rows["left"] < until)]
    return rows["client_id"].nunique(), len(came), len(left), len(here)


def _line(
    stage: str,
    dimension: str,
    value: str,
    rows: pd.DataFrame,
    counts: np.ndarray,
    hidden: np.ndarray,
    since: pd.Timestamp,
    until: pd.Timestamp,
) -> StageLine:
    shown = [None if hide else int(count) for count, hide in zip(counts, hidden, strict=True)]
    known = min(counts[0], counts[2]) >= SMALLEST_CELL
    median, p90 = stay_days(rows, since, until) if known else (None, None)
    delay = float(rows.loc[rows["left"] >= since, "delay"].mean()) if known else np.nan
    clients, arrivals, left, stock = shown
    return StageLine(
        stage, dimension, value, clients, arrivals, left, stock, median, p90, None if np.isnan(delay) else delay
    )


def stay_days(rows: pd.DataFrame, since: pd.Timestamp, until: pd.Timestamp) -> tuple[float | None, float | None]:
    """Median and 90th percentile of the days in a stage, with those still there counted rightly (Kaplan & Meier
    1958, from the days within the weeks)."""
    staying = stay_curve(rows, since, until)
    return _first_below(staying, 0.5), _first_below(staying, 0.1)


def _first_below(staying: np.ndarray, share: float) -> float | None:
    below = np.flatnonzero(staying <= share)
    return float(below[0]) if len(below) else None


def throughput(chain: Chain, spells: pd.DataFrame, since: pd.Timestamp, until: pd.Timestamp) -> Throughput:
    """Of the cases that reached the last stage of the path between `since` and `until`, not having begun there."""
    last = reached_the_end(chain, spells)
    days = last.loc[(last["entered"] >= since) & (last["entered"] < until), "days"].to_numpy()
    if hidden_cells([len(days)])[0] or not len(days):
        return Throughput(None, None, None)
    return Throughput(len(days), float(np.median(days)), float(np.quantile(days, 0.9)))
