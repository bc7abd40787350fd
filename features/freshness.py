"""How new the records behind each feature family are: one client's newest known day, family by family.

The rows are those that the features count: the family's own filter, both clocks strictly before `as_of`, and no
correction in force by then.  No window is looked at, so "no visits in 90 days" can still say when the latest one was.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from features.catalogue import Catalogue
from features.catalogue.families import OTHER, Condition, Family, filter_of, value_of
from features.columnar import Coded, Columns, as_columns
from features.known import INTERVAL_ENDS, first_known, open_until, row_knowledge
from features.selection import column_matches
from features.tables import TABLES
from features.windows import NEVER, day_number

LASTING = frozenset({"valid_on", "valid_sum", "lapsed"})
"""Aggregates that speak of what is open at as_of, or of how the latest such thing ended."""
STANDING_REGISTER = "residents"
"""A table of what holds and not of what happened: the day somebody moved in says nothing of how new the record is."""
EPOCH = date(1970, 1, 1).toordinal()
NO_ROWS = np.empty(0, np.intp)


def newest_dates(tables: Mapping[str, pd.DataFrame | Columns], catalogue: Catalogue, as_of: date) -> dict[str, date]:
    """The newest known day behind every family of one client's tables; a family without one is not there.

    Keys are family ids, and for a family by code also `family__code` (not for `other`, whose rows only a vocabulary
    knows).  What is open at `as_of` is dated by its start, what has ended by its end.  Families of the population
    register have no date.
    """
    return dict(NewestDates(tables, catalogue, as_of))


class NewestDates(Mapping[str, date]):
    """What `newest_dates` tells, looked up when it is asked: an answer tells of a few codes only."""

    def __init__(self, tables: Mapping[str, pd.DataFrame | Columns], catalogue: Catalogue, as_of: date) -> None:
        self._tables, self._as_of = tables, day_number(as_of)
        self._families, self._filters = _asked_of(catalogue)
        self._looks: dict[tuple[str, str | None], _Look] = {}
        self._found: dict[str, date | None] = {}
        self._places: dict[int, np.ndarray] = {}
        self._coded: set[str] = set()

    def __getitem__(self, key: str) -> date:
        day = self.get(key)
        if day is None:
            raise KeyError(key)
        return day

    def get(self, key: str, default: Any = None) -> Any:
        """The newest day of a family, or of one of its codes; `default` when there is none."""
        if key not in self._found:
            self._look_up(key)
        day = self._found.get(key)
        return default if day is None else day

    def __iter__(self) -> Iterator[str]:
        for family in self._families.values():
            if self.get(family.id) is not None:
                yield family.id
            self._look_up_codes(family)
            start = key_of(family.id, "")
            yield from [key for key, day in self._found.items() if day is not None and key.startswith(start)]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _look_up(self, key: str) -> None:
        family = self._families.get(key)
        if family is not None:
            self._found[key] = _newest_of(family, self._look(family), self._rows(family))
            return
        coded = self._families.get(key.partition("__")[0])
        if coded is not None:
            self._look_up_codes(coded)

    def _look_up_codes(self, family: Family) -> None:
        """Every code of a family at once."""
        if family.by is None or family.id in self._coded:
            return
        self._coded.add(family.id)
        look, places = self._look(family), self._rows(family)
        for code, own in _by_code(family, look.columns, places):
            self._found[key_of(family.id, code)] = _newest_of(family, look, own)

    def _look(self, family: Family) -> "_Look":
        key = (family.table, family.at)
        if key not in self._looks:
            self._looks[key] = _Look(family, as_columns(self._tables[family.table]), self._as_of)
        return self._looks[key]

    def _rows(self, family: Family) -> np.ndarray:
        """The places of the rows that the family counts."""
        number = self._filters[family.id]
        found = self._places.get(number)
        if found is None:
            found = self._places[number] = _counted(family, self._look(family))
        return found


Asked = tuple[Catalogue, tuple[Mapping[str, Family], Mapping[str, int]]]
_asked: OrderedDict[int, Asked] = OrderedDict()
"""The latest catalogues by identity with what is asked of them; each is held, so that its identity stays its own."""
KEPT = 32


def _asked_of(catalogue: Catalogue) -> tuple[Mapping[str, Family], Mapping[str, int]]:
    """The families that have dates, and the number of each one's filter: the same number counts the same rows."""
    found = _asked.get(id(catalogue))
    if found is None:
        families = {one.id: one for one in catalogue.enabled if one.table != STANDING_REGISTER}
        numbers: dict[Hashable, int] = {}
        filters = {name: numbers.setdefault(filter_of(one), len(numbers)) for name, one in families.items()}
        found = _asked[id(catalogue)] = (catalogue, (families, filters))
        while len(_asked) > KEPT:
            _asked.popitem(last=False)
    return found[1]


def key_of(family: str, code: str | None) -> str:
    """Under which key `newest_dates` tells of a feature."""
    return family if code is None else f"{family}__{code}"


def days_between(day: date, as_of: date) -> int:
    """Full days from a day to `as_of`."""
    return as_of.toordinal() - day.toordinal()


@dataclass(frozen=True)
class _Look:
    """One table of one client by one of its dates, as known at as_of (a day number)."""

    family: Family
    columns: Columns
    as_of: int
    _holding: dict[tuple[str, Condition], np.ndarray] = field(default_factory=dict)

    @cached_property
    def known(self) -> np.ndarray:
        """Which rows are known and still stand."""
        knowledge = row_knowledge(TABLES[self.family.table], self.columns, self.family.at)
        return np.asarray((knowledge.first <= self.as_of) & (self.as_of <= knowledge.last))

    @cached_property
    def day(self) -> np.ndarray:
        return self.columns.days(self.family.at or TABLES[self.family.table].time)

    @cached_property
    def still_open(self) -> np.ndarray:
        """Which rows read as not ended."""
        return np.asarray(open_until(TABLES[self.family.table], self.columns) >= self.as_of)

    @cached_property
    def ended(self) -> np.ndarray:
        """The day on which each row ended; NEVER while that is not known."""
        table = TABLES[self.family.table]
        end = table.by_name[INTERVAL_ENDS[table.name]]
        day, clock = self.columns.days(end.name), self.columns.days(str(end.clock))
        return np.where(first_known(day, clock) <= self.as_of, day, NEVER)

    def holds(self, conditions: Mapping[str, Condition]) -> np.ndarray:
        """The known rows where every condition holds; families share most of their conditions."""
        chosen = self.known
        for name, condition in conditions.items():
            held = self._holding.get((name, condition))
            if held is None:
                held = self._holding[name, condition] = column_matches(self.columns[name], condition)
            chosen = chosen & held
        return chosen


def _counted(family: Family, look: _Look) -> np.ndarray:
    """The places of the rows that count, in the order of the table."""
    if not len(look.columns):
        return NO_ROWS
    places = np.flatnonzero(look.holds(family.conditions))
    value = value_of(family)
    if value and len(places):
        places = places[_has_value(look.columns, value)[places]]
    return places


def _newest_of(family: Family, look: _Look, places: np.ndarray) -> date | None:
    if not len(places):
        return None
    if family.aggregate not in LASTING:
        return _date(look.day[places])
    still_open = look.still_open[places]
    return _date(look.day[places[still_open]] if still_open.any() else look.ended[places])


def _date(days: np.ndarray) -> date:
    return date.fromordinal(int(days.max()) + EPOCH)


def _by_code(family: Family, columns: Columns, places: np.ndarray) -> list[tuple[str, np.ndarray]]:
    if family.by is None:
        return []
    column = columns.text(family.by)
    codes = column.codes[places]
    named = [(str(column.categories[code]), places[codes == code]) for code in np.unique(codes[codes >= 0])]
    return [(code, own) for code, own in named if code != OTHER or OTHER in family.codes]


def _has_value(columns: Columns, name: str) -> np.ndarray:
    column = columns[name]
    return column.codes >= 0 if isinstance(column, Coded) else ~np.isnan(column.astype(np.float64))
