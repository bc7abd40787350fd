"""Who truly needs what a task or an axis foretells.  Need is not use: supply plays no part in it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluation.fairness.needed.states import States, months_ahead
from evaluation.truth import AXES
from features.outcomes import OutcomeRule
from models.needs.need_task import NeedTask
from models.segments.scheme import Axis, Level

RESIDENTIAL = "residential_24h"
HIGHEST = 4
"""Level of 24-hour care in the truth; 1–3 are the steps of home care."""
URGENT = {"urgency": "emergency"}
OLDER = "the truth was written by an older simulator; run `python -m features.simulator` again"


@dataclass(frozen=True, eq=False)
class TrueNeed:
    """Of each row: is the need truly there, and how likely would the outcome be if supply were the usual one?"""

    needs: np.ndarray
    known: np.ndarray
    """Rows that the truth tells of; the others are left out."""
    chance: np.ndarray | None = None
    """Probability 0–1; None where the simulator has no such probability."""


def need_of_task(task: NeedTask, output: str, states: States, rows: pd.DataFrame) -> TrueNeed | str:
    """The true need behind one output of a task, for rows (client_id, as_of); a sentence when the truth has none.

    Home care: in some month of the horizon the need of care lies above the threshold of a heavier step than the one
    that the client has at `as_of` (of 24-hour care where the output is that).  Emergency visits: they truly come.
    """
    rule, months = task.outcome, months_ahead(task.horizon_days, task.gap_days)
    if _is_emergency(rule):
        return _emergencies(rule, states, rows, months)
    if rule.heavier or rule.minutes_change or rule.ordered_change or rule.episode_start == (RESIDENTIAL,):
        return _care(_is_residential(task, output), states, rows, months)
    return "the simulator has no true need for this outcome"


def need_of_axis(axis: Axis, level: Level, states: States, rows: pd.DataFrame) -> TrueNeed | str:
    """The true level of an axis at `as_of`: at or above `level`."""
    column, wanted = AXES.get(axis.id, ("", ""))
    if column not in states.values or level.id != wanted:
        return "the simulator has no true level for this axis"
    value = states.at(column, rows)
    return TrueNeed(value == 1, np.isfinite(value))


def _is_emergency(rule: OutcomeRule) -> bool:
    counted = rule.count_at_least
    return counted is not None and counted.table == "contacts" and dict(counted.filter) == URGENT and not counted.days


def _is_residential(task: NeedTask, output: str) -> bool:
    changes = task.outcome.ordered_change
    last = bool(changes) and output == f"{task.id}_{task.outcome.levels[-1]}"
    return last or task.outcome.episode_start == (RESIDENTIAL,)


def _care(residential: bool, states: States, rows: pd.DataFrame, months: range) -> TrueNeed | str:
    care = states.care
    if care is None:
        return OLDER
    level = states.at("care_level", rows)
    known = (level >= 1) & (level < HIGHEST) & states.reaches(rows, months)
    step = np.where(known, level, 1).astype(np.int64)
    limit = np.array(care.thresholds)[HIGHEST - 1 if residential else step]
    above = states.ahead("care_need", rows, months) - np.broadcast_to(limit, step.shape)[:, None]
    chance = None if residential else _chance(above, care.heavier, care.steepness)
    return TrueNeed((above > 0).any(axis=1), np.asarray(known), chance)


def _chance(above: np.ndarray, monthly: float, steepness: float) -> np.ndarray:
    """That at least one month of the window brings a heavier step, at the monthly chance of the usual supply."""
    each = np.where(np.isfinite(above), monthly / (1 + np.exp(-steepness * np.nan_to_num(above))), 0.0)
    return np.asarray(1 - np.prod(1 - each, axis=1))


def _emergencies(rule: OutcomeRule, states: States, rows: pd.DataFrame, months: range) -> TrueNeed | str:
    if "emergencies" not in states.values or rule.count_at_least is None:
        return OLDER
    came: Any = np.nansum(states.ahead("emergencies", rows, months), axis=1)
    known = np.isfinite(states.at("emergencies", rows)) & states.reaches(rows, months)
    return TrueNeed(np.asarray(came >= rule.count_at_least.n), np.asarray(known))
