"""Every (prediction row, event) pair that both clocks allow, and the latest or first such event of each row."""

from dataclasses import dataclass

import numpy as np

from features.kernel.events import EventTable, Rows, sort_key


@dataclass(frozen=True)
class Selected:
    """The events of one filter: their places in the table, and for each place how many chosen ones lie before it."""

    table: EventTable
    places: np.ndarray
    before: np.ndarray

    @classmethod
    def of(cls, table: EventTable, chosen: np.ndarray) -> "Selected":
        before = np.zeros(len(table) + 1, np.int64)
        np.cumsum(chosen, out=before[1:])
        return cls(table, np.flatnonzero(chosen), before)

    def reordered(self, places: np.ndarray) -> "Selected":
        """The same events, ties in another order."""
        return Selected(self.table, places, self.before)

    def since(self, rows: Rows, days: int | None) -> np.ndarray:
        """For each row, the first chosen event of its client that happened at or after as_of - days."""
        start = np.full(len(rows), 1 - (1 << 20), np.int64) if days is None else rows.day - days
        return self.before[np.searchsorted(self.table.key, sort_key(rows.client, start), side="left")]

    def until(self, rows: Rows) -> np.ndarray:
        """For each row, the first chosen event of its client that did not happen before as_of."""
        return self.before[np.searchsorted(self.table.key, sort_key(rows.client, rows.day), side="left")]


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
    low, high = selected.since(rows, days), selected.until(rows)
    count = high - low
    row = np.repeat(np.arange(len(rows)), count)
    shift = low - np.concatenate(([0], np.cumsum(count)[:-1]))
    place = selected.places[np.arange(len(row)) + np.repeat(shift, count)]
    as_of = rows.day[row]
    knowledge = selected.table.knowledge
    known = (knowledge.first[place] <= as_of) & (as_of <= knowledge.last[place])
    if last_day is not None:
        known &= as_of <= last_day[place]
    row, place = row[known], place[known]
    return Pairs(row, place, as_of[known] - selected.table.day[place])


def latest_known(selected: Selected, rows: Rows) -> np.ndarray:
    """For each row the place of its latest known event, -1 when there is none."""
    return _walk(selected, rows, selected.until(rows) - 1, selected.since(rows, None), -1)


def earliest_known(selected: Selected, rows: Rows) -> np.ndarray:
    """For each row the place of its earliest known event, -1 when there is none."""
    return _walk(selected, rows, selected.since(rows, None), selected.until(rows) - 1, 1)


def _walk(selected: Selected, rows: Rows, start: np.ndarray, stop: np.ndarray, step: int) -> np.ndarray:
    """Go event by event from `start` to `stop` until one is known; most rows need a single step."""
    knowledge = selected.table.knowledge
    found = np.full(len(rows), -1, np.int64)
    at = start.copy()
    waiting = np.flatnonzero((stop - start) * step >= 0)
    while waiting.size:
        place, as_of = selected.places[at[waiting]], rows.day[waiting]
        known = (knowledge.first[place] <= as_of) & (as_of <= knowledge.last[place])
        found[waiting[known]] = place[known]
        waiting = waiting[~known]
        at[waiting] += step
        waiting = waiting[(stop[waiting] - at[waiting]) * step >= 0]
    return found
