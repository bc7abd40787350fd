"""How old the data behind an answer are, register by register."""

from collections.abc import Iterable, Mapping
from datetime import date

from features.catalogue.families import Family
from features.freshness import STANDING_REGISTER, days_between
from models.answers import SourceAge


def source_ages(dates: Mapping[str, date], families: Iterable[Family], as_of: date) -> tuple[SourceAge, ...]:
    """The newest known day of every register that the families rest on, and its age at `as_of` in full days.

    `dates` is what `newest_dates` found.  A register that holds nothing of the client is there without a day.  The
    population register is not there: it says what holds, so its age is that of the delivery (`ModelStamp.data_until`).
    """
    newest: dict[str, date | None] = {}
    for family in families:
        if family.table != STANDING_REGISTER:
            known, day = newest.setdefault(family.source, None), dates.get(family.id)
            if day is not None and (known is None or day > known):
                newest[family.source] = day
    return tuple(_age(source, day, as_of) for source, day in sorted(newest.items()))


def _age(source: str, day: date | None, as_of: date) -> SourceAge:
    if day is None:
        return SourceAge(source, None, None)
    return SourceAge(source, day.isoformat(), days_between(day, as_of))
