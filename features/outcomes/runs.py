"""Counting over time without a loop over rows: for every event, the latest day from which on it completes the rule.

Of a client's events in order of time, event i *completes* the rule when enough of what is counted lies in
[since_i, day_i], `since_i` being the latest such day.  Both only grow from event to event, so the first fulfilment in
a window [first, last) is the first completion whose `since` is at or after `first`, if its day is before `last`: one
binary search for each row.
"""

from dataclasses import dataclass

import numpy as np

from features.outcomes.facts import Chosen, joined
from features.windows import NEVER, month_numbers

NOT_YET = -NEVER


@dataclass(frozen=True)
class Completions:
    """By client and day: the days on which the rule is completed, and from which day on it was gathered."""

    client: np.ndarray
    since: np.ndarray
    day: np.ndarray

    @classmethod
    def of(cls, client: np.ndarray, since: np.ndarray, day: np.ndarray, days: int | None) -> "Completions":
        """Those that are complete at all, and inside a run of `days` days when one is asked for."""
        good = since > NOT_YET if days is None else since > np.maximum(day - days, NOT_YET)
        return cls(client[good], since[good], day[good])

    def first(self, client: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """For each row the first day in [first, last) on which the rule is fulfilled; NEVER without one."""
        if not len(self.client):
            return np.full(len(client), NEVER, np.int32)
        place = np.searchsorted(joined(self.client, self.since), joined(client, first))
        held = np.minimum(place, len(self.client) - 1)
        found = (place < len(self.client)) & (self.client[held] == client) & (self.day[held] < last)
        return np.where(found, self.day[held], NEVER).astype(np.int32)


def starts(events: Chosen) -> Completions:
    """Every event completes alone."""
    return Completions(events.client, events.day, events.day)


def counted(events: Chosen, n: int, unit: str, days: int | None) -> Completions:
    """`n` events, or `n` different days or calendar months with an event."""
    if not len(events.client):
        return starts(events)
    period = _periods(events, unit)
    back = np.searchsorted(period, period - (n - 1), side="right") - 1  # last event of the n-th period back,
    back = np.minimum(back, np.arange(len(period)))  # but none that is still to come
    same = (back >= 0) & (period[back] == period - (n - 1)) & (events.client[back] == events.client)
    since = np.where(same, events.day[back], NOT_YET)
    return Completions.of(events.client, since, events.day, days)


def _periods(events: Chosen, unit: str) -> np.ndarray:
    """A number for each event that grows by one with each new period; a new client begins a new period."""
    if unit == "events":
        return np.arange(len(events.client))
    period = events.day.astype(np.int64) if unit == "days" else month_numbers(events.day)
    new = (events.client[1:] != events.client[:-1]) | (period[1:] != period[:-1])
    return np.concatenate([[0], np.cumsum(new)])


def distinct(
    events: Chosen, group: np.ndarray, side: np.ndarray, n: int, across: tuple[int, ...], days: int | None
) -> Completions:
    """`n` different groups, with one of each side in `across`.

    group: int[events], place of each event's group.  side: int[groups], place of each group's side.
    """
    if not len(events.client):
        return starts(events)
    latest = _latest_of_groups(events, group, len(side))
    since = np.partition(latest, len(side) - n, axis=1)[:, len(side) - n]
    for one in across:
        since = np.minimum(since, latest[:, side == one].max(axis=1))
    return Completions.of(events.client, since, events.day, days)


def _latest_of_groups(events: Chosen, group: np.ndarray, groups: int) -> np.ndarray:
    """int32[events, groups]: the latest day up to each event on which its client had an event of the group."""
    place = np.arange(len(events.client))
    begin = np.searchsorted(events.client, events.client)
    latest = np.empty((len(place), groups), np.int32)
    for one in range(groups):
        held = np.maximum.accumulate(np.where(group == one, place, -1))
        latest[:, one] = np.where(held >= begin, events.day[np.maximum(held, 0)], NOT_YET)
    return latest
