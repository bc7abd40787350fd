"""One entry of the source catalogue: what anybody must know of a register before using a field of it."""

import datetime
from collections.abc import Mapping
from typing import Literal

from pydantic import ConfigDict, Field

from configs.loader import StrictConfig
from configs.words import Words

Purpose = Literal["care", "knowledge_management", "research"]
Refresh = Literal["continuous", "daily", "weekly", "monthly", "yearly", "once"]
BreakKind = Literal["system_change", "guideline_version", "merger", "unexplained"]
Sensitivity = Literal["statistics", "personal", "special_category"]
"""`special_category`: data on a person's health or social care."""


class Period(StrictConfig):
    """From which day a source is complete for a municipality; `to` is the first day after, when it ended."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    from_: datetime.date = Field(alias="from")
    to: datetime.date | None = None


class SourceBreak(StrictConfig):
    """A day from which the source records differently: a change point for features and reports."""

    date: datetime.date
    kind: BreakKind
    comparable: bool
    """False: counts before and after may not be compared, so absence before it is unknown."""
    what: Words
    municipalities: tuple[str, ...] = ()
    """Empty: every municipality that the source covers."""

    def concerns(self, municipality: str) -> bool:
        return not self.municipalities or municipality in self.municipalities


class Source(StrictConfig):
    """One source system and instance.  Its id is the `source` of the mapping, and of every row."""

    owner: str = Field(min_length=1)
    purposes: tuple[Purpose, ...] = Field(min_length=1)
    keys: tuple[str, ...] = Field(min_length=1, description="columns that tell one row from another")
    refresh: Refresh
    recording_delay_days: int = Field(ge=0, description="equal to the mapping's")
    sensitivity: Sensitivity
    known_problems: tuple[Words, ...] = ()
    part_of: tuple[str, ...] = Field(
        default=(), description="sources whose rows hold this service: it has a coverage of its own, but no mapping"
    )
    coverage: Mapping[str, Period] = Field(min_length=1, description="municipality code to period")
    fields: Mapping[str, tuple[str, ...]] = Field(min_length=1, description="canonical table to its columns")
    source_breaks: tuple[SourceBreak, ...] = ()

    def known_from(self, municipality: str) -> datetime.date:
        """The first day from which absence means zero: the latest incomparable break moves it."""
        moved = [one.date for one in self.source_breaks if not one.comparable and one.concerns(municipality)]
        return max([self.coverage[municipality].from_, *moved])

    @property
    def first_days(self) -> dict[str, datetime.date]:
        """Municipality to first day; one whose coverage has ended is left out, because absence is unknown again."""
        running = sorted(code for code, period in self.coverage.items() if period.to is None)
        return {code: self.known_from(code) for code in running}
