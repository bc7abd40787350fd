"""The changes that are possible for one client: each lever's plausible values, with everything that moves along.

Counts of nested windows stay nested (30 days <= 90 days <= a year), minutes follow visits, "days since" follows the
windows that still hold an event, and an unknown value stays unknown.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.catalogue import Catalogue
from features.catalogue.families import COUNTED, Family
from features.catalogue.specs import FeatureSpec
from models.explaining.supposing.changeable import Changeable, Direction, Rule


@dataclass(frozen=True)
class Candidate:
    """One value of one lever: the places in the row that change, and what they change to (float32)."""

    lever: int
    """Number of the lever among those of the rules."""
    lead: int
    """Place of the feature that the change is told by."""
    places: np.ndarray
    values: np.ndarray
    distance: float
    """How far the lead feature moves, in widths of its plausible range."""


@dataclass(frozen=True)
class Levers:
    """The levers over the features that a model sees."""

    changeable: Changeable
    catalogue: Catalogue
    specs: Sequence[FeatureSpec]

    @cached_property
    def _places(self) -> Mapping[str, tuple[int, ...]]:
        """The places of a family's features, and of a family's code; shorter windows first."""
        places: dict[str, list[int]] = {}
        for place, spec in enumerate(self.specs):
            places.setdefault(spec.family, []).append(place)
            if spec.code is not None:
                places.setdefault(f"{spec.family}__{spec.code}", []).append(place)
        return {name: tuple(sorted(own, key=self._days)) for name, own in places.items()}

    def _days(self, place: int) -> int:
        return self.specs[place].window_days or 0

    def candidates(self, row: np.ndarray) -> tuple[Candidate, ...]:
        """Every possible single change of one row, lever by lever in the order of the rules."""
        return tuple(
            one for number, name in enumerate(self.changeable.rules.levers) for one in self._of(number, name, row)
        )

    def _of(self, number: int, name: str, row: np.ndarray) -> Iterator[Candidate]:
        known = [place for place in self._places.get(name, ()) if not np.isnan(row[place])]
        if not known:
            return
        lead, lever = known[-1], self.changeable.rules.levers[name]
        feature, now = self.specs[lead].name, float(row[lead])
        if now == 0 and not lever.from_nothing:
            return
        for value in self.changeable.ranges.values.get(feature, ()):
            if _allowed(lever.direction, now, value):
                then = self._moved(known, row, value, lever.followers)
                if then is not None:
                    distance = abs(value - now) / self.changeable.ranges.span(feature)
                    yield _candidate(number, lead, then, row, distance)

    def _moved(
        self, known: Sequence[int], row: np.ndarray, value: float, followers: Mapping[str, Rule]
    ) -> dict[int, float] | None:
        """Place to new value of the lever and its followers; None when a follower has no value to take."""
        then = self._windows(known, row, value)
        moved = dict(then)
        for name, rule in followers.items():
            for place in reversed(self._places.get(name, ())):
                follow = self._follow(rule, place, row, then)
                if follow is None:
                    return None
                moved[place] = follow
            self._nest(self._places.get(name, ()), moved)
        return moved

    def _windows(self, known: Sequence[int], row: np.ndarray, value: float) -> dict[int, float]:
        """The lever's own windows: the shorter ones in proportion, or spread evenly when there was nothing."""
        lead = known[-1]
        now, longest = float(row[lead]), self._days(lead)
        moved = {lead: value}
        for place in known[:-1]:
            share = value / now if now > 0 else 0.0
            spread = float(row[place]) * share if now > 0 else value * self._days(place) / longest
            moved[place] = self._rounded(place, spread)
        self._nest(known, moved)
        return moved

    def _follow(self, rule: Rule, place: int, row: np.ndarray, then: Mapping[int, float]) -> float | None:
        """The new value of one follower; None when the rule cannot tell it."""
        now, family = float(row[place]), self._family(place)
        lead = self._same_window(place, then)
        if rule == "since":
            return self._since(now, then)
        if math.isnan(now):
            return now
        if rule == "within":
            return None if self._days(lead) != self._days(place) else float(_within(family, then[lead]))
        if rule == "ended":
            return 0.0 if then[lead] >= 1 else now
        if rule == "shifted":
            return now + then[lead] - float(row[lead])
        return self._scaled(place, now, float(row[lead]), then[lead])

    def _scaled(self, place: int, now: float, lead_now: float, lead_then: float) -> float | None:
        if lead_now > 0:
            return self._rounded(place, now * lead_then / lead_now)
        return now if lead_then == 0 else None

    def _since(self, now: float, then: Mapping[int, float]) -> float:
        """Days since the latest event, moved into the shortest window that still holds one, or before all of them."""
        low = 1
        for place in sorted(then, key=self._days):
            if then[place] > 0:
                return float(min(max(math.inf if math.isnan(now) else now, low), self._days(place)))
            low = self._days(place) + 1
        return now if math.isnan(now) else max(now, float(low))

    def _same_window(self, place: int, then: Mapping[int, float]) -> int:
        """The lever's feature of the same window, else its longest."""
        same = [own for own in then if self._days(own) == self._days(place)]
        return same[0] if same else max(then, key=self._days)

    def _nest(self, places: Sequence[int], moved: dict[int, float]) -> None:
        """A shorter window of a count holds no more than a longer one."""
        counted = [place for place in places if place in moved and not math.isnan(moved[place])]
        if not counted or self._family(counted[0]).aggregate not in COUNTED:
            return
        for longer, shorter in zip(counted[::-1], counted[-2::-1], strict=False):
            moved[shorter] = min(moved[shorter], moved[longer])

    def _rounded(self, place: int, value: float) -> float:
        """Whole where the feature is whole, half up."""
        counts = self._family(place).aggregate in ("count", "distinct")
        is_whole = counts or self.specs[place].name in self.changeable.ranges.whole
        return float(math.floor(value + 0.5)) if is_whole else value

    def _family(self, place: int) -> Family:
        return self.catalogue.families[self.specs[place].family]


def _allowed(direction: Direction, now: float, value: float) -> bool:
    return value != now and (direction == "either" or (value > now) == (direction == "rises"))


def _within(family: Family, count: float) -> bool:
    above = family.at_least is None or count >= family.at_least
    return above and (family.at_most is None or count <= family.at_most)


def _candidate(lever: int, lead: int, then: Mapping[int, float], row: np.ndarray, distance: float) -> Candidate:
    """Only what really changes, as the row's own float32 numbers."""
    places = np.array(sorted(then), dtype=np.intp)
    values = np.array([then[place] for place in places], dtype=np.float32)
    changed = ~((values == row[places]) | (np.isnan(values) & np.isnan(row[places])))
    return Candidate(lever, lead, places[changed], values[changed], distance)
