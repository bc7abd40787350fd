"""How old the data behind an answer are, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.answers import SourceAge
from serving.pages.format import Format
from serving.pages.language import Language

OLD_DAYS = 365
"""From this age on a source is marked as old: a year is how often a client plan is looked over at least."""
IN_FORCE = frozenset({"care relationships", "informal-care register", "plans", "service decisions"})
"""Sources whose records hold until they end: one that began long ago is no old knowledge."""
DAYS_FROM_MONTHS, DAYS_FROM_YEARS = 60, 730
"""From which age on it is said in months and in years."""


@dataclass(frozen=True)
class AgeLine:
    """One source: the day of its newest record and its age in words; both empty when it holds nothing."""

    source: str
    newest: str
    age: str
    old: bool


def age_lines(ages: Sequence[SourceAge], format: Format) -> tuple[AgeLine, ...]:
    """The sources, freshest first; those without a record last."""
    ordered = sorted(ages, key=lambda one: (one.days is None, one.days or 0, one.source))
    return tuple(_line(one, format) for one in ordered)


def age_text(days: int, words: Language) -> str:
    """12 days, 5 months, 3 years."""
    if days < DAYS_FROM_MONTHS:
        return words.count("age.days", days)
    if days < DAYS_FROM_YEARS:
        return words.count("age.months", days // 30)
    return words.count("age.years", days // 365)


def _line(one: SourceAge, format: Format) -> AgeLine:
    name = format.language.label("source", one.source)
    if one.days is None:
        return AgeLine(name, "", "", False)
    old = one.days >= OLD_DAYS and one.source not in IN_FORCE
    return AgeLine(name, format.date(one.newest), age_text(one.days, format.language), old)
