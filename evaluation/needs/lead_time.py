"""Early warning: how many events were foreseen a month, two or three before they came?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from configs.errors import DataError
from evaluation.held_out.groups import SMALLEST_CELL, hidden_cells
from evaluation.needs.draws import REPEATS, sides

EVENT_DAYS = "event_days"
_SPAN = 2**20
"""More days than any two dates lie apart: joins client and day into one number."""


@dataclass(frozen=True)
class Foreseen:
    """The events of one output, each counted once, and the score that stood before it."""

    client: np.ndarray
    """int64, number of each event's client."""
    scored: np.ndarray
    """bool, whether the client had a score at an as_of at least so many days before the event."""
    found: np.ndarray
    """float64, share of the event that stood above the line: 0 or 1, between them for ties at the line."""


def above_line(as_of: np.ndarray, p: np.ndarray, share: float) -> np.ndarray:
    """float64[rows]: 1 above the capacity line, 0 below.  Each as_of has its own line: the top `share` of its rows.

    Equal probabilities at the line share the places left, so the values of one as_of sum to share * rows.
    """
    taken = np.zeros(len(p))
    for day in np.unique(as_of):
        own = np.flatnonzero(as_of == day)
        places = share * own.size
        edge = np.sort(p[own])[::-1][max(int(np.ceil(places)) - 1, 0)]
        above, tied = p[own] > edge, p[own] == edge
        taken[own] = np.where(above, 1.0, np.where(tied, (places - above.sum()) / tied.sum(), 0.0))
    return taken


def foreseen(part: pd.DataFrame, above: np.ndarray, days: int) -> Foreseen:
    """Of every event, where its client stood at the latest as_of at least `days` days before it.

    part   one output's rows: client, as_of, event_days (days from as_of to the outcome's first day; NaN without one)
    above  float64[rows] of `above_line`

    An event is a (client, event day): as_of + event_days, rounded down to a day.  Rows of several as_of that see the
    same event are one event.  The latest as_of is looked for among all of the client's rows, also those from which
    the event lay beyond the horizon.  Days are whole: an as_of exactly `days` days before the event counts.
    """
    client, day = part["client"].to_numpy(np.int64), _days(part)
    until = part[EVENT_DAYS].to_numpy(np.float64)
    seen = np.isfinite(until)
    events = np.unique(client[seen] * _SPAN + day[seen] + np.floor(until[seen]).astype(np.int64))
    key = client * _SPAN + day
    order = np.argsort(key, kind="stable")
    place = np.searchsorted(key[order], events - days, side="right") - 1
    held = order[np.maximum(place, 0)]
    scored = (place >= 0) & (client[held] == events // _SPAN)
    return Foreseen(events // _SPAN, scored, np.where(scored, above[held], 0.0))


def lead_time_table(
    part: pd.DataFrame,
    capacity: Sequence[float],
    lead_days: Sequence[int],
    *,
    repeats: int = REPEATS,
    smallest: int = SMALLEST_CELL,
) -> list[dict[str, Any]]:
    """Early-warning recall of one output at every capacity and lead: model, logistic baseline and their difference.

    Recall at L days = of the events whose client had a score at least L days before, the share whose client then
    stood above the capacity line (see `foreseen`).  Unit: share, range 0-1; `capacity` itself = no better than chance,
    1 = every event foreseen.  Events without such a score are counted apart (`no_score_yet`) and in no recall.

    Each line: capacity, lead_days, events, no_score_yet, recall.{model, baseline, difference}.{value, low, high}.
    Clients are drawn anew for the interval; the lines stay where they are.  Counts of fewer than `smallest` clients
    are None, and a recall over so few too.  Raises DataError when `event_days` is missing.
    """
    if EVENT_DAYS not in part:
        raise DataError(f"The stored predictions lack the column {EVENT_DAYS}. Train the model again.")
    as_of = part["as_of"].to_numpy()
    lines = []
    for share in capacity:
        above = [above_line(as_of, part[column].to_numpy(np.float64), share) for column in ("p", "baseline_p")]
        for days in lead_days:
            ours, theirs = (foreseen(part, one, days) for one in above)
            lines.append({"capacity": float(share), "lead_days": int(days), **_line(ours, theirs, repeats, smallest)})
    return lines


def _line(ours: Foreseen, theirs: Foreseen, repeats: int, smallest: int) -> dict[str, Any]:
    scored = ours.scored
    people = [len(np.unique(ours.client[rows])) for rows in (scored, ~scored)]
    no_scored, no_rest = hidden_cells(people, smallest)
    recall = {}
    if people[0] and not no_scored:
        found = sides(_share(ours.found[scored]), _share(theirs.found[scored]), ours.client[scored], repeats)
        recall = found["recall"]
    return {
        "events": None if no_scored or no_rest else len(scored),
        "no_score_yet": None if no_rest else int((~scored).sum()),
        "recall": recall,
    }


def _share(found: np.ndarray) -> Any:
    return lambda weights: {"recall": float(weights @ found / weights.sum())}


def _days(part: pd.DataFrame) -> np.ndarray:
    """int64 day numbers of as_of."""
    return part["as_of"].to_numpy().astype("datetime64[D]").astype(np.int64)
