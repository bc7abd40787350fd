"""What the store covers: which tables and codes it has at all, and from when to when each area's rows reach."""

from collections.abc import Iterable, Sequence

import pandas as pd

from evaluation.indicators.kinds import Filter, Measure, lookback_days, reads
from evaluation.indicators.measures.world import World
from evaluation.indicators.periods import Span
from features.selection import matches
from features.tables import TABLES

NEVER = pd.Timestamp.max
Reach = tuple[pd.Timestamp, pd.Timestamp]


class Coverage:
    """Grows bucket by bucket; afterwards says why a definition or an area has no value."""

    def __init__(self, silent_days: int) -> None:
        self._silent = pd.Timedelta(days=silent_days)
        self._present: dict[tuple[str, str], bool] = {}
        self._reach: dict[tuple[str, str], Reach] = {}
        self._observed: dict[str, pd.Timestamp] = {}
        self._residents: dict[str, int] = {}

    def see(self, world: World, table: str, of: Filter) -> None:
        """Whether any known row satisfies the filter."""
        key = table, filter_text(of)
        if not self._present.get(key):
            self._present[key] = bool(matches(world.table(table), of).any())

    def see_rows(self, rows: pd.DataFrame, table: str, of: Filter, areas: pd.Series) -> None:
        """The same for a table without clients, whose rows have these areas."""
        key = table, filter_text(of)
        self._present[key] = self._present.get(key, False) or bool(matches(rows, of).any())
        self._reached(table, areas, rows[TABLES[table].time])

    def see_areas(self, world: World, tables: Iterable[str]) -> None:
        """From when to when the rows of each area's people reach, and since when the area is observed."""
        homes = world.homes(world.as_of)
        for area, first in homes.groupby("area")["observed_from"].min().items():
            self._observed[str(area)] = min(self._observed.get(str(area), NEVER), first)
        for area, number in homes.loc[homes["resident"], "area"].value_counts().items():
            self._residents[str(area)] = self._residents.get(str(area), 0) + int(number)
        area_of = homes.set_index("client_id")["area"]
        for table in tables:
            if TABLES[table].has_client:
                rows = world.table(table)
                self._reached(table, rows["client_id"].map(area_of), rows[TABLES[table].time])

    def _reached(self, table: str, areas: pd.Series, times: pd.Series) -> None:
        ends = pd.DataFrame({"area": areas.to_numpy(), "time": times.to_numpy()}).groupby("area")["time"]
        for (area, first), last in zip(ends.min().items(), ends.max(), strict=True):
            before = self._reach.get((table, str(area)), (first, last))
            self._reach[table, str(area)] = min(before[0], first), max(before[1], last)

    def lacking(self, measure: Measure) -> list[str]:
        """The tables, with the codes, of which the store has no row: "requests (service = referral)"."""
        return _named([(table, of) for table, of in reads(measure) if not self._present.get((table, filter_text(of)))])

    def readiness(self, measure: Measure) -> tuple[str, str]:
        """("computable", what it reads) or ("needs", what is lacking)."""
        lacking = self.lacking(measure)
        return ("needs", "; ".join(lacking)) if lacking else ("computable", "; ".join(_named(list(reads(measure)))))

    def covers(self, measure: Measure, area: str, span: Span) -> bool:
        """True when the area's people are observed and every table that is read has rows that reach the period."""
        start = min(span.start, span.end - pd.Timedelta(days=lookback_days(measure)))
        tables = {table for table, _ in reads(measure)}
        if any(TABLES[table].has_client for table in tables) and self._observed.get(area, NEVER) > start:
            return False
        return all(self._table_covers(table, area, span) for table in tables)

    def _table_covers(self, table: str, area: str, span: Span) -> bool:
        first, last = self._reach.get((table, area), (NEVER, pd.Timestamp.min))
        return bool(first < span.end and last >= span.end - self._silent)

    def share_of_residents(self, areas: Iterable[str]) -> float:
        """Share of the county's present residents who live in these areas."""
        everyone = sum(self._residents.values())
        return sum(self._residents.get(area, 0) for area in areas) / everyone if everyone else 1.0

    def areas(self) -> list[str]:
        """The areas in which somebody lives."""
        return sorted(self._observed)


def filter_text(of: Filter) -> str:
    """A filter as a person reads it."""
    return ", ".join(f"{name} = {_said(condition)}" for name, condition in of.items())


def _said(condition: object) -> str:
    if isinstance(condition, tuple):
        return " / ".join(map(str, condition))
    shown = getattr(condition, "model_dump", None)
    if shown is None:
        return str(condition)
    return " ".join(f"{key} {_said(value)}" for key, value in shown(exclude_none=True).items())


def _named(read: Sequence[tuple[str, Filter]]) -> list[str]:
    named = [f"{table} ({filter_text(of)})" if of else table for table, of in read]
    return list(dict.fromkeys(named))
