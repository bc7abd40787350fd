"""Chances by day in the stage as chances of a person's week: stays, goes to a stage, or leaves the chain."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from features.flow import EXIT
from models.flow.moves.hazards import LONGEST, Hazards

WEEK = 7
LAST_WEEK = LONGEST // WEEK
"""Weeks in a stage are told apart up to this one, counted from 0; all later ones are like it."""
SMALLEST = 1e-9


def person_weeks(spells: pd.DataFrame, stages: Sequence[str], since: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    """One row per stay and whole week of its own clock within [since, until): `spell` (its place in `spells`),
    `stage` (its place), `week` (0 = the first seven days there), `outcome` (0 = stayed, 1 + the place of the next
    stage, the last one = left the chain).

    A week that is not over at `until` teaches nothing: who left in it is known, who stayed is not.
    """
    place = {stage: number for number, stage in enumerate(stages)}
    known = spells[spells["stage"].isin(place)]
    entered = _days(known["entered"])
    begin, end = _days(pd.Series([since, until]))
    gone = known["left"].notna().to_numpy() & (known["left"] < until).to_numpy()
    last_there = np.where(gone, (_days(known["left"].fillna(until)) - entered) // WEEK, np.iinfo(np.int64).max)
    first = np.maximum(-((entered - begin) // WEEK), 0)
    last = np.minimum((end - entered) // WEEK - 1, last_there)
    count = np.maximum(last - first + 1, 0)
    row = np.repeat(np.arange(len(known)), count)
    week = np.repeat(first, count) + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    goal = known["went_to"].map({**place, EXIT: len(stages)}).fillna(-1).to_numpy(int) + 1
    outcome = np.where(week == last_there[row], goal[row], 0)
    stage = known["stage"].map(place).to_numpy(int)[row]
    spell = np.flatnonzero(spells["stage"].isin(place).to_numpy())[row]
    return pd.DataFrame({"spell": spell, "stage": stage, "week": np.minimum(week, LAST_WEEK), "outcome": outcome})


def weekly_chances(hazards: Hazards) -> np.ndarray:
    """[rows × weeks × (stays, every stage, exit)]: what a person does in a week who was there at its beginning."""
    days = np.minimum(np.arange((LAST_WEEK + 1) * WEEK), LONGEST - 1)
    leave = hazards.leave[:, days].reshape(len(hazards.leave), LAST_WEEK + 1, WEEK)
    there = np.cumprod(1 - leave, axis=2)
    before = np.concatenate([np.ones_like(there[:, :, :1]), there[:, :, :-1]], axis=2)
    goes = by_goal(hazards)[:, days].reshape(*leave.shape, -1)
    moved = ((before * leave)[..., None] * goes).sum(axis=2)
    return np.concatenate([there[:, :, -1:], moved], axis=2)


def by_goal(hazards: Hazards) -> np.ndarray:
    """`goes` with the rows of each stage added up: [rows × days × (stages + exit)]."""
    parts = [hazards.goes[:, :, hazards.rows_of(stage)].sum(axis=2) for stage in hazards.stages]
    return np.stack([*parts, hazards.goes[:, :, -1]], axis=2)


def log_loss(chances: np.ndarray, rows: np.ndarray, weeks: pd.DataFrame) -> np.ndarray:
    """−log of the chance of what happened, per person-week; `rows` are the rows of the person-weeks' people."""
    told = chances[rows, weeks["week"].to_numpy(int), weeks["outcome"].to_numpy(int)]
    return -np.log(np.maximum(told, SMALLEST))


def _days(dates: pd.Series) -> np.ndarray:
    return dates.to_numpy().astype("datetime64[D]").astype(np.int64)
