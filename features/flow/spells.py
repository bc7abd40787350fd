"""Registers to spells: one row per client, stage and stay, as they were known at a date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from configs.errors import DataError
from features.flow.belonging import with_belonging
from features.flow.cases import REASONS, cases_of, with_moves
from features.flow.chain import EXIT, OUTSIDE, Chain, Rows
from features.flow.known_rows import ChainRows, rule_of
from features.flow.stays import event_stays, joined_stays, lasting_stays
from features.windows import NEVER, day_number

FEWEST_SPELLS = 50
"""Below this a chain says more about chance than about its stages (own choice)."""


@dataclass(frozen=True)
class Spells:
    """Stays of a chain before the midnight `until`, as known at `as_of`.

    `frame` has one row per stay: client_id, case, stage, entered, left (days, datetime64[ns]; NaT = still there),
    came_from (a stage or "outside"), went_to (a stage, "exit", or None while there), area, segment, group_<id>.
    """

    frame: pd.DataFrame
    until: date
    as_of: date
    quarantined: Mapping[str, int]
    """Stays set aside, by reason (features.flow.cases.REASONS)."""

    def told(self) -> list[str]:
        """What was set aside, one sentence a reason."""
        return [f"{count} stays are set aside: {REASONS[reason]}" for reason, count in self.quarantined.items()]


def spells_at(chain: Chain, rows: ChainRows, as_of: date, until: date | None = None) -> Spells:
    """The spells known at `as_of`, of what happened strictly before `until` (default: `as_of`).

    Both are midnights: a date, or its clock, at or after `as_of` is unknown, and whoever has not left before `until`
    is still there.
    """
    until = as_of if until is None else min(until, as_of)
    known = {stage.id: rows.stage_at(stage, as_of) for stage in chain.stages}
    lasting = joined_stays(
        [
            lasting_stays(stage, known[stage.id], rule)
            for stage in chain.stages
            if isinstance(rule := rule_of(stage), Rows)
        ]
    )
    stays = _before(joined_stays([lasting, event_stays(chain, known, lasting)]), day_number(until))
    cases = cases_of(chain, stays)
    moved = with_moves(cases.stays, EXIT, OUTSIDE)
    return Spells(_dated(with_belonging(chain, rows, moved, as_of)), until, as_of, cases.quarantined)


def enough(chain: Chain, spells: Spells, fewest: int = FEWEST_SPELLS) -> Spells:
    """The spells themselves.  Raises DataError when they are too few, or a stage has none."""
    counts = spells.frame["stage"].value_counts()
    empty = [name for name in chain.ids if name not in counts]
    if len(spells.frame) < fewest:
        raise DataError(
            f"The chain {chain.id} has {len(spells.frame)} stays before {spells.until}, and at least {fewest} are "
            "needed. Check the filters of its stages, or take a longer time."
        )
    if empty:
        raise DataError(
            f"Nobody ever entered the stage {empty[0]} of the chain {chain.id}. Check its filter, or leave it out."
        )
    return spells


def _before(stays: pd.DataFrame, until: int) -> pd.DataFrame:
    """What happened before the midnight `until`; an end at or after it has not happened."""
    begun = stays[stays["entered"] < until]
    return begun.assign(left=np.where(begun["left"] < until, begun["left"], NEVER))


def _dated(stays: pd.DataFrame) -> pd.DataFrame:
    """Day numbers as dates."""
    frame = stays.drop(columns=["matter"])
    for name in ("entered", "left"):
        days = frame[name].to_numpy(np.int64)
        dates = days.astype("datetime64[D]").astype("datetime64[ns]")
        frame[name] = np.where(days < NEVER, dates, np.datetime64("NaT", "ns"))
    return frame
