"""Many clients' proposals at once, without reasons: what a work list shows and a random sample is drawn from.

The same rules as one client's answer: gate, people's own answers, scheme.  A test compares both row by row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from models.answers import AxisAnswer, Status
from models.needs.need import AGE, NeedModel
from models.needs.score_age import refused_for_age
from models.segments.eligibility import Eligibility, assess, decided_by_people, holds_all
from models.segments.questionnaire import decided_levels, settled
from models.segments.segmentation import SegmentationModel, combine, told_level


@dataclass(frozen=True)
class Proposal:
    """One client's status and, where it is answered, the proposed segment's id."""

    status: Status
    segment: str | None


def proposals(
    model: SegmentationModel,
    rows: np.ndarray,
    answers: Sequence[Sequence[AxisAnswer]],
    as_of: date,
    today: date | None = None,
) -> tuple[Proposal, ...]:
    """The proposal of each row; `answers` are each client's own, as `recorded_answers` gives them."""
    if not len(rows):
        return ()
    life = model.scheme.score_life_days
    too_old = refused_for_age(as_of, today, life, None, life)
    used = model.parts.used_columns(rows)
    levels = [axis.level_probabilities(used) for axis in model.axes]
    return tuple(
        _proposal(model, row, [level[place : place + 1] for level in levels], own, too_old)
        for place, (row, own) in enumerate(zip(rows, answers, strict=True))
    )


def _proposal(
    model: SegmentationModel,
    row: np.ndarray,
    levels: Sequence[np.ndarray],
    answers: Sequence[AxisAnswer],
    too_old: Eligibility | None,
) -> Proposal:
    given = decided_levels(settled(model.scheme, tuple(answers)))
    verdict = too_old or assess(model.rules, model.parts.by_name(row))
    if len(given) == len(model.axes):
        verdict = decided_by_people(verdict)
    if verdict.status != "answered":
        return Proposal(verdict.status, None)
    told = [
        told_level(axis.axis, given[axis.axis.id]) if axis.axis.id in given else level
        for axis, level in zip(model.axes, levels, strict=True)
    ]
    return Proposal("answered", model.scheme.segments[int(np.argmax(combine(model.scheme, told)[0]))].id)


def need_shares(model: NeedModel, rows: np.ndarray, as_of: date, today: date | None = None) -> np.ndarray:
    """float64[rows]: the main likelihood of each row; NaN where the task is not asked of the client."""
    if not len(rows):
        return np.empty(0)
    task = model.task
    if refused_for_age(as_of, today, task.score_life_days, model.trained_until, task.model_life_days) is not None:
        return np.full(len(rows), np.nan)
    frame = dict(zip(model.feature_names, rows.T, strict=True))
    asked = holds_all(task.cohort.where, frame, len(rows))
    if AGE in frame:
        asked &= task.ages.hold(frame[AGE])
    shares = np.full(len(rows), np.nan)
    if asked.any():
        shares[asked] = model.model.probabilities(model.parts.used_columns(rows[asked]))
    return shares


def list_line(shares: np.ndarray, capacity: float) -> float:
    """The likelihood from which on a client is among the `capacity` share of those asked about (1.0 = nobody)."""
    known = shares[~np.isnan(shares)]
    return float(np.quantile(known, 1 - capacity)) if len(known) else 1.0
