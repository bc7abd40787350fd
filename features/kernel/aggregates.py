"""Each aggregate of the kernel: made ready once per table, then filled block by block into the float32 frame."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from features.catalogue.families import OTHER, Family
from features.kernel.events import EventTable, Rows
from features.kernel.loops import count_windows, distinct_windows, in_value_order, ring_bounds, sum_windows
from features.kernel.pairs import ALL_DAYS, NO_CODES, Selected, outermost_known
from features.windows import NEVER, month_numbers, ring_of_age, year_numbers

ALL_TIME = np.array([ALL_DAYS], np.int32)
"""The one ring of a family without windows."""
MANY_WORDS = 8_192
"""More different values than are worth a place each for the events of one client."""
FOR_EVER = np.iinfo(np.int32).min
"""The first observed day of somebody whose absence of events always means zero."""


@dataclass(frozen=True)
class Block:
    """Some rows of the frame: where they begin in it, whose they are, and from when each client is observed."""

    frame: np.ndarray
    top: int
    rows: Rows
    start: np.ndarray
    known_bounds: dict[tuple[int, tuple[int, ...]], np.ndarray] = field(default_factory=dict)

    def bounds(self, selected: Selected, edges: np.ndarray) -> np.ndarray:
        """Where each row's rings of events begin and end; families with the same events and rings share them."""
        key = (id(selected), tuple(edges.tolist()))
        found = self.known_bounds.get(key)
        if found is None:
            found = self.known_bounds[key] = np.empty((len(self.rows), len(edges) + 1), np.int64)
            ring_bounds(self.rows.client, self.rows.day, *selected.events[:3], edges, found)
        return found

    def columns(self, left: int, width: int) -> np.ndarray:
        """The part of the frame that a family fills."""
        return self.frame[self.top : self.top + len(self.rows), left : left + width]


Fill = Callable[[Block, np.ndarray], None]
"""Fills a family's columns of a block; the array says from which day on absence of its events means zero."""


@dataclass(frozen=True)
class Asked:
    """One family over its chosen events, and where its columns begin."""

    family: Family
    codes: tuple[str, ...]
    selected: Selected
    left: int

    @property
    def table(self) -> EventTable:
        return self.selected.table

    def code(self) -> tuple[np.ndarray, int]:
        """Column number of each chosen event (the one after the last = no column), and how many columns there are.

        Without `by` the numbers are left out: everything lies in one column.
        """
        if not self.family.by:
            return NO_CODES, 1
        otherwise = len(self.codes) - 1 if self.codes[-1] == OTHER and not self.family.codes else -1
        text = self.table.text(self.family.by)
        place = text.words.places(self.codes, otherwise)
        return np.where(place < 0, len(self.codes), place)[self.selected.own(text.codes)], len(self.codes)


def windowed(asked: Asked) -> Fill:
    """count, sum and distinct over windows."""
    edges, windows = ring_edges(asked.family.windows, ring_of_age), np.array(asked.family.windows, np.int32)
    code, codes = asked.code()
    _, _, _, first, last = asked.selected.events
    loop, value = _loop(asked)

    def fill(block: Block, start: np.ndarray) -> None:
        bounds = block.bounds(asked.selected, edges)
        where = (block.frame, block.top, asked.left)
        loop(block.rows.day, start, bounds, first, last, code, codes, windows, *value, *where)

    return fill


def _loop(asked: Asked) -> tuple[Callable[..., None], tuple[object, ...]]:
    """The loop of an aggregate and what it reads besides the codes."""
    if asked.family.aggregate == "count":
        return count_windows, ()
    if asked.family.aggregate == "sum":
        return sum_windows, (_summed(asked),)
    return distinct_windows, _counted(asked)


def valid(asked: Asked) -> Fill:
    """valid_on and valid_sum: rows known to have begun and not known to have ended."""
    code, codes = asked.code()
    _, _, _, first, last = asked.selected.events
    last = np.minimum(last, asked.selected.own(asked.table.open_until))
    summed = asked.family.aggregate == "valid_sum"
    loop, value = (sum_windows, (_summed(asked),)) if summed else (count_windows, ())

    def fill(block: Block, start: np.ndarray) -> None:
        bounds, always = block.bounds(asked.selected, ALL_TIME), np.full(len(block.rows), FOR_EVER, np.int32)
        where = (block.frame, block.top, asked.left)
        loop(block.rows.day, always, bounds, first, last, code, codes, ALL_TIME, *value, *where)
        found = block.columns(asked.left, codes)
        if not summed:
            np.minimum(found, 1, out=found)
        empty_unobserved(found, start)

    return fill


def latest(asked: Asked) -> Fill:
    """last, days_since, days_since_first, age_of, ever, age_years and `is`: what the outermost known row says."""
    family = asked.family
    code, codes = asked.code()
    if family.value:
        asked = _with_value(asked)
        code, codes = asked.code()
    step = 1 if family.aggregate == "days_since_first" else -1
    windows = family.windows or (ALL_DAYS,)
    width = max(codes, len(family.codes) if family.aggregate == "is" else 1) * len(windows)

    def fill(block: Block, start: np.ndarray) -> None:
        place = outermost_known(asked.selected, block.rows, code, codes, step)
        said = _said(family, asked.table, place, block.rows.day)
        if family.windows:
            day = asked.table.day[place] if len(asked.table) else np.zeros_like(place)
            age = block.rows.day[:, None] - day
            said = np.stack([np.where(age <= days, said, np.nan) for days in windows], axis=2)
        block.columns(asked.left, width)[...] = said.reshape(len(place), -1)
        if family.aggregate == "ever":
            empty_unobserved(block.columns(asked.left, width), start)

    return fill


def _said(family: Family, table: EventTable, place: np.ndarray, as_of: np.ndarray) -> np.ndarray:
    """[rows, codes] of what the row at each place says; NaN (`ever`: 0) where there is none."""
    found = place >= 0
    if family.aggregate == "ever":
        return found.astype(np.float64)
    if not len(table):
        return np.full((len(place), max(place.shape[1], len(family.codes))), np.nan)
    if family.aggregate == "is":
        code = table.text(str(family.value)).words.places(family.codes, len(family.codes))
        held = code[table.text(str(family.value)).codes[place[:, 0]]]
        return np.where(found, held[:, None] == np.arange(len(family.codes)), np.nan)
    if family.aggregate == "last":
        return np.where(found, table.number(str(family.value))[place], np.nan)
    if family.aggregate == "age_years":
        return np.where(found, year_numbers(as_of - 1)[:, None] - table.number(str(family.value))[place], np.nan)
    return np.where(found, (as_of[:, None] - table.day[place]).astype(np.float64), np.nan)


def empty_unobserved(found: np.ndarray, start: np.ndarray) -> None:
    """NaN for a zero while nothing of the client is observed."""
    unseen = start >= NEVER
    if unseen.any():
        found[unseen[:, None] & (found == 0)] = np.nan


@lru_cache
def ring_edges(windows: tuple[int, ...], ring_of: Callable[[Sequence[int]], np.ndarray]) -> np.ndarray:
    """For each ring the greatest age in days that lies in it."""
    return (np.searchsorted(ring_of(windows), np.arange(len(windows)), side="right") - 1).astype(np.int32)


def _summed(asked: Asked) -> np.ndarray:
    value = asked.selected.own(asked.table.number(str(asked.family.value)))
    return np.where(np.isnan(value), 0.0, value)


def _counted(asked: Asked) -> tuple[np.ndarray, int]:
    """The counted value of each event as a number from 0 up (-1 = missing), and how many numbers there are."""
    if asked.family.value == "month":
        day = asked.selected.own(asked.table.day)
        return _months(np.where(day < NEVER, day, day.min())) if len(day) else (NO_CODES, 1)
    text = asked.table.text(str(asked.family.value))
    number = asked.selected.own(text.codes).astype(np.int32, copy=False)
    if len(number) < len(text.words) > MANY_WORDS:  # few events, many words: number only what occurs
        found, renumbered = np.unique(number, return_inverse=True)
        missing = int(len(found) > 0 and found[0] < 0)
        return (renumbered - missing).astype(np.int32), max(len(found), 1)
    return number, max(len(text.words), 1)


def _months(day: np.ndarray) -> tuple[np.ndarray, int]:
    """Calendar months from the first on; of many days only the different ones are turned into months."""
    first, last = int(day.min()), int(day.max())
    few = len(day) < last - first
    month = month_numbers(day) if few else month_numbers(np.arange(first, last + 1))[day - first]
    month = (month - month.min()).astype(np.int32)
    return month, int(month.max()) + 1


def _with_value(asked: Asked) -> Asked:
    """Only events that hold a value; among those of the same second and recording the greatest value comes last."""
    table = asked.table
    rank = _ranks(table, str(asked.family.value))
    selected = asked.selected.narrowed(~np.isnan(asked.selected.own(rank)))
    if len(selected) < 2:
        return replace(asked, selected=selected)
    seconds, recorded, value = (selected.own(one) for one in (table.seconds, table.recorded, rank))
    edge = np.zeros(len(selected) + 1, bool)
    edge[selected.begin], edge[selected.end] = True, True
    if not in_value_order(seconds, recorded, value, edge):
        order = np.lexsort((value, recorded, seconds, np.cumsum(edge[:-1])))
        selected = selected.reordered(selected.places[order])
    return replace(asked, selected=selected)


def _ranks(table: EventTable, name: str) -> np.ndarray:
    if table.table.by_name[name].kind != "text":
        return table.number(name)
    text = table.text(name)
    return text.words.ranks()[text.codes]
