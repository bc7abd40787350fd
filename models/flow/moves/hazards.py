"""Who leaves a stage, when, and where to: discrete-time competing risks by days in the stage.

h(a) = P(leaves on day a | still there on day a); q(j | a) = P(goes to j | leaves on day a).  Each is the observed
share drawn to a coarser one: a day to its span of days, a span to the whole stage, with the weight of a few imagined
departures (a gamma and a Dirichlet prior).  So a day on which many leave shows, and a day that few ever reached says
what its neighbours say.  Source: Prentice & Gloeckler 1978 (grouped times); Putter et al. 2007 (competing risks).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.flow import EXIT

SPANS = (0, 1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 28, 42, 56, 84, 112, 182, 365, 546, 730)
"""First day of each span of days in the stage; the last one is open."""
LONGEST = SPANS[-1] + 1
SPAN_WEIGHT, DAY_WEIGHT, GOAL_WEIGHT = 2.0, 3.0, 5.0
"""Imagined departures that draw a span to its stage, a day to its span, and destinations to their mean."""
SMALLEST = 1e-5


@dataclass(frozen=True)
class Hazards:
    """Transition probabilities of a chain: `leave` [rows × days], `goes` [rows × days × (rows + exit)].

    A row is a stage, or a part of its clients whose chances differ: then `belongs` tells the place of each row's
    stage, and `entry` the row's share of those who come to the stage from outside.
    """

    stages: tuple[str, ...]
    leave: np.ndarray
    goes: np.ndarray
    belongs: np.ndarray | None = None
    entry: np.ndarray | None = None

    @property
    def exposure_free(self) -> np.ndarray:
        """−log of the share that stays, summed over the days before each day: [rows × (days + 1)]."""
        steps = -np.log1p(-np.minimum(self.leave, 1 - 1e-12))
        return np.concatenate([np.zeros((len(self.leave), 1)), np.cumsum(steps, axis=1)], axis=1)

    @property
    def stage_of_row(self) -> np.ndarray:
        """The place of each row's stage."""
        return np.arange(len(self.leave)) if self.belongs is None else self.belongs

    def rows_of(self, stage: str) -> np.ndarray:
        """The rows of a stage."""
        return np.flatnonzero(self.stage_of_row == self.stages.index(stage))

    def entry_of(self, stage: str) -> np.ndarray:
        """Shares of the stage's rows among those who come from outside."""
        rows = self.rows_of(stage)
        return np.ones(len(rows)) / len(rows) if self.entry is None else self.entry[rows]

    def clients(self, rows: np.ndarray) -> np.ndarray:
        """How many people are in each stage, from the row of each person."""
        return np.bincount(self.stage_of_row[rows], minlength=len(self.stages))


def fit_hazards(spells: pd.DataFrame, stages: Sequence[str], since: pd.Timestamp, until: pd.Timestamp) -> Hazards:
    """Learn from the days [since, until) that clients spent in each stage; earlier days of a stay are not counted."""
    goals = [*stages, EXIT]
    leave = np.empty((len(stages), LONGEST))
    goes = np.empty((len(stages), LONGEST, len(goals)))
    for place, stage in enumerate(stages):
        at_risk, left = _counted(spells[spells["stage"] == stage], goals, since, until)
        leave[place], goes[place] = _shrunk(at_risk, left)
    return Hazards(tuple(stages), leave, goes)


def _counted(
    rows: pd.DataFrame, goals: Sequence[str], since: pd.Timestamp, until: pd.Timestamp
) -> tuple[np.ndarray, np.ndarray]:
    """Client-days at risk per day in the stage, and departures per day and destination."""
    entered = _days(rows["entered"])
    first, last = int(_days(pd.Series([since]))[0]), int(_days(pd.Series([until]))[0]) - 1
    open_ended = rows["left"].isna().to_numpy() | (rows["left"] >= until).to_numpy()
    end = np.where(open_ended, last, _days(rows["left"].fillna(until)))
    seen = (end >= first) & (entered <= last)
    begin, stop = np.maximum(first - entered, 0)[seen], (end - entered)[seen]
    at_risk = _exposure(begin, stop)
    left = np.zeros((LONGEST, len(goals)))
    gone = ~open_ended[seen]
    goal = rows["went_to"][seen][gone].map({name: place for place, name in enumerate(goals)}).to_numpy(int)
    np.add.at(left, (np.minimum(stop[gone], LONGEST - 1), goal), 1.0)
    return at_risk, left


def _exposure(begin: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """How many were there on each day in the stage, both ends included; all later days count for the last one."""
    steps = np.zeros(LONGEST + 1)
    np.add.at(steps, np.minimum(begin, LONGEST - 1), 1.0)
    np.add.at(steps, np.minimum(stop, LONGEST - 1) + 1, -1.0)
    found = np.cumsum(steps)[:LONGEST]
    found[-1] = np.maximum(stop - np.maximum(begin, LONGEST - 1) + 1, 0).sum()
    return found


def _shrunk(at_risk: np.ndarray, left: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    span = np.searchsorted(SPANS, np.arange(LONGEST), side="right") - 1
    days = left.sum(axis=1)
    whole = max(float(days.sum()), 0.5) / max(float(at_risk.sum()), 1.0)
    whole = min(max(whole, SMALLEST), 0.99)
    by_span = (np.bincount(span, days) + SPAN_WEIGHT) / (np.bincount(span, at_risk) + SPAN_WEIGHT / whole)
    per_day = (days + DAY_WEIGHT) / (at_risk + DAY_WEIGHT / by_span[span])
    shares = (left.sum(axis=0) + 1e-6) / (left.sum() + 1e-6 * left.shape[1])
    spans = np.stack([np.bincount(span, left[:, goal]) for goal in range(left.shape[1])], axis=1)
    spans = (spans + GOAL_WEIGHT * shares) / (spans.sum(axis=1, keepdims=True) + GOAL_WEIGHT)
    goes = (left + GOAL_WEIGHT * spans[span]) / (days[:, None] + GOAL_WEIGHT)
    return np.clip(per_day, SMALLEST, 1.0), goes


def _days(dates: pd.Series) -> np.ndarray:
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)


def stay_curve(spells: pd.DataFrame, since: pd.Timestamp, until: pd.Timestamp) -> np.ndarray:
    """Share still in the stage after each whole day, 0 … two years, learned from the days [since, until)."""
    at_risk, left = _counted(spells, [*sorted(spells["went_to"].dropna().unique())], since, until)
    known = at_risk > 0
    leave = np.divide(left.sum(axis=1), at_risk, out=np.zeros(LONGEST), where=known)
    reached = np.cumprod(known).astype(bool) if known.any() else known
    return np.where(reached | ~known, np.cumprod(1 - leave), 1.0)[: LONGEST - 1]
