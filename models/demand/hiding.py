"""Which published series would tell of too few clients, by themselves or by subtraction from one another.

Counts 1-4 of clients are never shown (project policy after Statistics Finland's output checking).  0 is nobody.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from features.panel.dimensions import OF_PERSONS
from models.demand.hierarchy import Published

Counts = Mapping[str, np.ndarray]
"""bottom series → clients per shown period, the same periods for all; NaN before a cell was observed."""


def hidden_series(published: Sequence[Published], counts: Counts, dimensions: Sequence[str], smallest: int) -> set[str]:
    """Ids of the published series to hide.

    Hidden are: a series with 1 … `smallest`-1 clients in any shown period, one of two shown series whose difference
    has so few, and the next smallest sibling of a hidden series that the shown total would give away.
    `dimensions`: the parts of a bottom id after area and measure.
    """
    split = [index + 2 for index, name in enumerate(dimensions) if name not in OF_PERSONS]

    def small(parts: Sequence[str]) -> bool:
        people = clients_of(parts, counts, split)
        return bool(np.any((people > 0) & (people < smallest)))

    hidden = {one.series_id for one in published if small(one.parts)}
    for measure in dict.fromkeys(one.measure for one in published):
        of_measure = [one for one in published if one.measure == measure]
        hidden |= _told_by_difference(of_measure, hidden, small)
        hidden |= _told_by_siblings(of_measure, hidden, lambda one: _size(one, counts, split))
    return hidden


def clients_of(parts: Sequence[str], counts: Counts, split: Sequence[int]) -> np.ndarray:
    """At least so many different clients stand behind the parts, per period.

    Dimensions that divide people are added up; of those that divide events (time of day, channel: the places `split`
    in the id) the largest code counts, because one client may be behind several.
    """
    largest: dict[tuple[str, ...], np.ndarray] = {}
    for part in parts:
        key = tuple(word for place, word in enumerate(part.split("|")) if place not in split)
        seen = np.nan_to_num(counts[part])
        largest[key] = np.maximum(largest[key], seen) if key in largest else seen
    return np.sum(list(largest.values()), axis=0)


def _told_by_difference(
    published: Sequence[Published], hidden: set[str], small: Callable[[Sequence[str]], bool]
) -> set[str]:
    """Every shown series inside another shown one when the rest of that one is too small."""
    shown = [one for one in published if one.series_id not in hidden]
    found = set()
    for outer in shown:
        for inner in shown:
            if inner.members < outer.members and small(sorted(outer.members - inner.members)):
                found.add(inner.series_id)
    return found


def _told_by_siblings(published: Sequence[Published], hidden: set[str], size: Callable[[Published], float]) -> set[str]:
    """Where a total and all but one of its disjoint parts are shown: the smallest of those parts."""
    found: set[str] = set()
    for total in published:
        for siblings in _partitions(total, published):
            gone = [one for one in siblings if one.series_id in hidden | found]
            if len(gone) == 1 and total.series_id not in hidden | found:
                others = [one for one in siblings if one is not gone[0] and size(one) > 0]
                found |= {min(others, key=size).series_id} if others else {total.series_id}
    return found


def _partitions(total: Published, published: Sequence[Published]) -> list[list[Published]]:
    """Sets of published series that differ from the total in one thing only, are disjoint and add up to it."""
    made = []
    for level in ("area", "area_group"):
        alike = [one for one in published if one.groups == total.groups and one.level == level]
        made.append([one for one in alike if one.members < total.members])
    for place, (_, group) in enumerate(total.groups):
        rest = [one for one in published if one.area == total.area and one.groups[place][1] != group]
        alike = [one for one in rest if _but(one, place) == _but(total, place) and one.members < total.members]
        made.append([one for one in alike if not any(one.members < other.members for other in alike)])
    return [one for one in made if one and sum(len(part.members) for part in one) == len(total.members)]


def _but(one: Published, place: int) -> tuple[tuple[str, str], ...]:
    return one.groups[:place] + one.groups[place + 1 :]


def _size(one: Published, counts: Counts, split: Sequence[int]) -> float:
    return float(np.sum(clients_of(one.parts, counts, split)))


def counts_by_series(clients: pd.DataFrame, last: int) -> dict[str, np.ndarray]:
    """`unique_id, ds, clients` → clients of the last shown periods."""
    wide = clients.pivot(index="ds", columns="unique_id", values="clients").sort_index().iloc[-last:]
    return {str(name): wide[name].to_numpy(float) for name in wide}
