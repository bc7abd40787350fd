"""Does the chain go as described?  Share of cases that follow the path, the usual deviations, and the lead times.

A case is judged when it is over: it has left the chain and nothing followed within the chain's `link_days`.
"""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.flow import Chain
from features.tables import PATH_PHASES
from models.small_cells import SMALLEST_CELL

MOST_TOLD = 5


@dataclass(frozen=True)
class Deviation:
    """One way of departing from the described path."""

    kind: str
    """began_at, skipped, went_back, ended_at."""
    stage: str
    cases: int


@dataclass(frozen=True)
class LeadTime:
    """Days from one phase of the path to the next that the chain records.  None = fewer than five cases."""

    start: str
    end: str
    cases: int | None
    median: float | None
    p90: float | None
    other_order: int | None = None
    """Cases that reached the later phase first, and are not in the figures; None = 1–4."""


@dataclass(frozen=True)
class Conformance:
    """How a chain's finished cases went."""

    cases: int
    following: float | None
    """Share; None when it would tell of fewer than five cases."""
    deviations: tuple[Deviation, ...]
    """The most usual ones, each of at least five cases; a case can depart in several ways."""
    hidden: int
    """Kinds of deviation with fewer than five cases each."""
    lead_times: tuple[LeadTime, ...]
    unrecorded: tuple[str, ...]
    """Phases that no stage of the chain records."""


def conformance(
    chain: Chain,
    spells: pd.DataFrame,
    reached: Mapping[str, pd.Series],
    since: pd.Timestamp,
    until: pd.Timestamp,
) -> Conformance:
    """Of the cases that were over between `since` and `until`; `reached` is from `reached_phases`."""
    finished = _finished(chain, spells, since, until)
    paths = finished.groupby("case", sort=False)["stage"].agg(tuple)
    found = {path: departures(chain, path) for path in set(paths)}
    counts: Counter[tuple[str, str]] = Counter(one for path in paths for one in dict.fromkeys(found[path]))
    good = sum(not found[path] for path in paths)
    told = [Deviation(*one, cases) for one, cases in counts.most_common() if cases >= SMALLEST_CELL]
    hide = any(0 < count < SMALLEST_CELL for count in (good, len(paths) - good))
    return Conformance(
        cases=len(paths),
        following=None if hide or len(paths) < SMALLEST_CELL else good / len(paths),
        deviations=tuple(told[:MOST_TOLD]),
        hidden=sum(cases < SMALLEST_CELL for cases in counts.values()),
        lead_times=lead_times(chain, reached, finished["case"].unique()),
        unrecorded=tuple(phase for phase in PATH_PHASES if phase not in chain.phases),
    )


def departures(chain: Chain, stages: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """How one finished case departs from the described path; empty when it follows it.

    >>> departures(chain_a_b_c, ("a", "c"))   # doctest: +SKIP
    (("skipped", "b"),)
    """
    place = {stage: number for number, stage in enumerate(chain.path)}
    found: list[tuple[str, str]] = []
    if stages[0] != chain.path[0] and stages[0] not in chain.may_begin_at:
        found.append(("began_at", stages[0]))
    for before, after in itertools.pairwise(stages):
        found += _step(chain, place, before, after)
    if stages[-1] != chain.path[-1] and stages[-1] not in chain.may_end_at:
        found.append(("ended_at", stages[-1]))
    return tuple(found)


def _step(chain: Chain, place: Mapping[str, int], before: str, after: str) -> list[tuple[str, str]]:
    if after not in place or before not in place:
        return [("left_path_for", after)] if after not in place else [("came_back_to", after)]
    if place[after] <= place[before]:
        return [("went_back", after)]
    return [("skipped", stage) for stage in chain.path[place[before] + 1 : place[after]]]


def _finished(chain: Chain, spells: pd.DataFrame, since: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    """Stays of the cases that were over in the period and could have gone on but did not."""
    ended = spells.groupby("case")["left"].agg(["max", "count", "size"])
    latest = until - pd.Timedelta(days=chain.link_days)
    over = (ended["count"] == ended["size"]) & (ended["max"] >= since) & (ended["max"] < latest)
    return spells[spells["case"].isin(ended.index[over])].sort_values(["case", "entered"], kind="stable")


def lead_times(chain: Chain, reached: Mapping[str, pd.Series], cases: np.ndarray) -> tuple[LeadTime, ...]:
    """Between each phase of the path and the next one that the chain records, of the cases that reached both."""
    own = {phase: reached[phase][reached[phase].index.isin(cases)] for phase in PATH_PHASES if phase in chain.phases}
    return tuple(_lead(start, end, own) for start, end in itertools.pairwise(own))


def _lead(start: str, end: str, reached: Mapping[str, pd.Series]) -> LeadTime:
    both = pd.concat([reached[start], reached[end]], axis=1, join="inner")
    days = (both.iloc[:, 1] - both.iloc[:, 0]).dt.days
    other = int((days < 0).sum())
    shown = None if 0 < other < SMALLEST_CELL else other
    days = days[days >= 0]
    if len(days) < SMALLEST_CELL:
        return LeadTime(start, end, None, None, None, shown)
    return LeadTime(start, end, len(days), float(np.median(days)), float(np.quantile(days, 0.9)), shown)
