"""Stays to cases: which stays are one passage through the chain, and which stays cannot be and are set aside."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.flow.chain import Chain
from features.flow.stays import NO_MATTER
from features.windows import NEVER

ENDS_BEFORE, SAME_STAGE, IN_CASE = "ends_before_it_starts", "overlaps_in_its_stage", "overlaps_in_its_case"
REASONS: Mapping[str, str] = {
    ENDS_BEFORE: "it ends before it starts",
    SAME_STAGE: "the client is in the stage already",
    IN_CASE: "the case is still in another stage",
}


@dataclass(frozen=True)
class Cases:
    """Stays with the number of their `case`, in order of client, case and day; and what was set aside, by reason."""

    stays: pd.DataFrame
    quarantined: Mapping[str, int]


def cases_of(chain: Chain, stays: pd.DataFrame) -> Cases:
    """Every stay in its case.  Stays that end before they start or overlap are counted by reason and left out."""
    backwards = (stays["left"] < stays["entered"]).to_numpy(bool)
    place = stays["stage"].map({name: place for place, name in enumerate(chain.ids)})
    ordered = (
        stays[~backwards]
        .assign(place=place[~backwards])
        .sort_values(["client_id", "entered", "place", "left", "matter"], kind="stable", ignore_index=True)
    )
    case, reasons = _assigned(ordered, chain.link_days)
    counts = Counter(reason for reason in reasons if reason)
    counts.update({ENDS_BEFORE: int(backwards.sum())} if backwards.any() else {})
    kept = ordered.assign(case=case)[case >= 0].drop(columns=["place"])
    kept = kept.sort_values(["case", "entered"], kind="stable", ignore_index=True)
    return Cases(kept, dict(sorted(counts.items())))


def _assigned(ordered: pd.DataFrame, link_days: int) -> tuple[np.ndarray, list[str]]:
    """For every stay its case (-1 = set aside) and why it was set aside."""
    client, matter = ordered["client_id"].tolist(), ordered["matter"].tolist()
    stage, entered, left = ordered["stage"].tolist(), ordered["entered"].tolist(), ordered["left"].tolist()
    case, reasons = np.full(len(ordered), -1), [""] * len(ordered)
    known = _Client()
    next_case, of = 0, None
    for row in range(len(ordered)):
        if client[row] != of:
            known, of = _Client(), client[row]
        found = known.case_for(matter[row], entered[row], link_days)
        reasons[row] = known.fault(found, stage[row], entered[row])
        if reasons[row]:
            continue
        if found is None:
            found, next_case = next_case, next_case + 1
        known.add(found, matter[row], stage[row], entered[row], left[row])
        case[row] = found
    return case, reasons


class _Client:
    """The cases of one client so far: what the next stay may join."""

    def __init__(self) -> None:
        self.of_matter: dict[str, int] = {}
        self.left: dict[int, int] = {}
        self.in_stage: dict[str, int] = {}

    def case_for(self, matter: str, entered: int, link_days: int) -> int | None:
        """The case of the matter; without one, the newest case that was left at most `link_days` before."""
        if matter != NO_MATTER:
            return self.of_matter.get(matter)
        near = [case for case, left in self.left.items() if left <= entered <= left + link_days]
        return max(near, default=None)

    def fault(self, case: int | None, stage: str, entered: int) -> str:
        if entered < self.in_stage.get(stage, entered):
            return SAME_STAGE
        return IN_CASE if case is not None and entered < self.left[case] else ""

    def add(self, case: int, matter: str, stage: str, entered: int, left: int) -> None:
        self.left[case] = left
        self.in_stage[stage] = max(left, self.in_stage.get(stage, 0))
        if matter != NO_MATTER:
            self.of_matter[matter] = case


def with_moves(stays: pd.DataFrame, exit_word: str, outside_word: str) -> pd.DataFrame:
    """Adds `came_from` and `went_to`: a move is a stage entered on the day on which the case left another.

    After a gap the client left the chain and came back: counted as a departure and an arrival, because on the days
    between nobody could know better.
    """
    same_before = stays["case"] == stays["case"].shift()
    moved = same_before & (stays["left"].shift() == stays["entered"])
    came_from = stays["stage"].shift().where(moved, outside_word)
    moved_on = moved.shift(-1, fill_value=False).astype(bool)
    went_to = stays["stage"].shift(-1).where(moved_on, exit_word)
    return stays.assign(came_from=came_from, went_to=went_to.mask(stays["left"] >= NEVER))
