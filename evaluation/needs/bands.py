"""The groups of people that a table may show: never counts of 1-4 clients, nor what one could find them from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.held_out.groups import SMALLEST_CELL, hidden_cells

AGE_BAND = "group_age_band"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Group:
    """One group's rows.  `clients` None = not even their number is shown; `hidden` = no figure of an outcome is."""

    name: str
    rows: np.ndarray
    """Row numbers in the frame."""
    clients: int | None
    hidden: bool


def groups(
    client: np.ndarray, name: pd.Series, event: np.ndarray | None = None, smallest: int = SMALLEST_CELL
) -> list[Group]:
    """Every group by name, with what must be hidden.

    `event` bool[rows]: then a group is hidden also when fewer than `smallest` clients had it or had it not, or when it
    is true of all its rows or of none (that would tell something of each person).
    """
    names = name.astype(object).where(name.notna(), UNKNOWN).astype(str).to_numpy()
    found = np.unique(names)
    rows = [np.flatnonzero(names == one) for one in found]
    counts = [_clients(client, place) for place in rows]
    few = hidden_cells(counts, smallest)
    hidden = [any(one) for one in zip(few, *_event_cells(client, rows, event, smallest), strict=True)]
    return [
        Group(str(one), place, None if no_n else count, hide)
        for one, place, count, no_n, hide in zip(found, rows, counts, few, hidden, strict=True)
    ]


def everyone(client: np.ndarray, event: np.ndarray | None = None, smallest: int = SMALLEST_CELL) -> Group:
    """All rows as one group."""
    return groups(client, pd.Series(["all"] * len(client)), event, smallest)[0]


def age_groups(frame: pd.DataFrame, event: np.ndarray | None, smallest: int = SMALLEST_CELL) -> list[Group]:
    """The age bands of a stored frame; none when it has no such column."""
    if AGE_BAND not in frame:
        return []
    return groups(frame["client"].to_numpy(), frame[AGE_BAND], event, smallest)


def _event_cells(
    client: np.ndarray, rows: Sequence[np.ndarray], event: np.ndarray | None, smallest: int
) -> list[list[bool]]:
    if event is None:
        return []
    yes = hidden_cells([_clients(client, place[event[place]]) for place in rows], smallest)
    no = hidden_cells([_clients(client, place[~event[place]]) for place in rows], smallest)
    return [yes, no, [np.unique(event[place]).size < 2 for place in rows]]


def _clients(client: np.ndarray, rows: np.ndarray) -> int:
    return len(np.unique(client[rows]))
