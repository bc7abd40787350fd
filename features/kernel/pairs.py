"""Each client's chosen events, the (row, event) pairs that both clocks allow, and the outermost such event."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.kernel.events import EventTable, Rows
from features.kernel.loops import count_pairs, fill_pairs, outermost, places_of

NO_CODES = np.zeros(0, np.int32)
"""For loops over a family without `by`: every event belongs to its one column."""
ALL_DAYS = 1 << 30
"""More days than any history has."""


class Selected:
    """The events of one filter, each client's together and by time."""

    def __init__(self, table: EventTable, chosen: np.ndarray | None, begin: np.ndarray, end: np.ndarray) -> None:
        self.table, self.begin, self.end = table, begin, end
        self.chosen = chosen
        """Places in the table; None = all of them."""
        known = table.knowledge
        whole = (table.day, known.first, known.last)
        own = whole if chosen is None else tuple(one[chosen] for one in whole)
        self.events = (begin, end, *own)
        """What every loop reads: begin and end by client; day, first and last known as_of by event."""

    @classmethod
    def of(cls, table: EventTable, chosen: np.ndarray) -> "Selected":
        """The events where `chosen` is true."""
        count = int(np.count_nonzero(chosen))
        if count == len(chosen):
            return cls.all(table)
        places, before = np.empty(count, np.int64), np.empty(len(chosen) + 1, np.int64)
        places_of(chosen, places, before)
        return cls(table, places, before[table.begin], before[table.end])

    @classmethod
    def all(cls, table: EventTable) -> "Selected":
        """Every event of the table."""
        return cls(table, None, table.begin, table.end)

    def __len__(self) -> int:
        return len(self.events[2])

    @cached_property
    def places(self) -> np.ndarray:
        """The place of each chosen event in the table."""
        return np.arange(len(self.table)) if self.chosen is None else self.chosen

    def narrowed(self, kept: np.ndarray) -> "Selected":
        """Those of the chosen events where `kept` is true."""
        if kept.all():
            return self
        before = np.concatenate(([0], np.cumsum(kept)))
        return Selected(self.table, self.places[kept], before[self.begin], before[self.end])

    def reordered(self, places: np.ndarray) -> "Selected":
        """The same events, ties in another order."""
        return Selected(self.table, places, self.begin, self.end)

    def own(self, whole: np.ndarray) -> np.ndarray:
        """A column of the table at the chosen events."""
        return whole if self.chosen is None else whole[self.chosen]


@dataclass(frozen=True)
class Pairs:
    """Row numbers and event places, side by side, and how many days before as_of each event happened."""

    row: np.ndarray
    place: np.ndarray
    age: np.ndarray


def known_pairs(selected: Selected, rows: Rows, days: int | None, last_day: np.ndarray | None = None) -> Pairs:
    """Pairs of each row with the chosen events of its last `days` that were known, and still stood, at as_of.

    `last_day` narrows how long each event of the table stands (an interval that ended).
    """
    events = selected.events
    if last_day is not None:
        events = (*events[:-1], np.minimum(events[-1], selected.own(last_day)))
    widest = ALL_DAYS if days is None else days
    count = np.empty(len(rows), np.int64)
    count_pairs(rows.client, rows.day, *events, widest, count)
    row, event, age = (np.empty(int(count.sum()), np.int64) for _ in range(3))
    fill_pairs(rows.client, rows.day, *events, widest, row, event, age)
    return Pairs(row, event if selected.chosen is None else selected.chosen[event], age)


def latest_known(selected: Selected, rows: Rows) -> np.ndarray:
    """For each row the place of its latest known event, -1 when there is none."""
    return outermost_known(selected, rows, NO_CODES, 1, -1)[:, 0]


def outermost_known(selected: Selected, rows: Rows, code: np.ndarray, codes: int, step: int) -> np.ndarray:
    """For each row and code the place of the latest (step -1) or earliest (step 1) known event; -1 = none."""
    found = np.empty((len(rows), codes), np.int64)
    outermost(rows.client, rows.day, *selected.events, code, codes, step, found)
    if selected.chosen is None:
        return found
    return np.where(found < 0, -1, selected.chosen[found]) if len(selected.chosen) else found
