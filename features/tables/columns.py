"""What a column and a table of the data contract are, and the columns that many tables share."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "integer", "number", "time", "flag"]


@dataclass(frozen=True)
class Column:
    """One column: what it holds, in which unit, and when it became known."""

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False
    unit: str | None = None
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    clock: str | None = None
    """For a date: the column that says when this date was recorded."""
    planned: bool = False
    """For a date: it may be agreed ahead, so it may lie after its clock and after the day of the delivery."""


@dataclass(frozen=True)
class Table:
    """One canonical table.  `row` says what one row is; `key` makes a row the same row in a corrected delivery."""

    name: str
    row: str
    register: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    time: str
    """The date that the row's own `recorded_at` belongs to."""
    has_client: bool = True
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    @property
    def dates(self) -> tuple[Column, ...]:
        """The columns that say when something happened (each with its clock), not the clocks themselves."""
        return tuple(column for column in self.columns if column.kind == "time" and column.clock)


SECTORS = ("social", "primary", "specialised")
CHANNELS = ("in_person", "home", "phone", "video", "chat", "digital", "letter", "other")
URGENCIES = ("non_urgent", "urgent", "emergency", "unknown")
STATUSES = ("done", "cancelled_by_client", "cancelled_by_provider", "no_show", "planned")
RESPONDENTS = ("client", "professional", "relative", "unknown")
PATH_PHASES = ("contact", "need_assessment", "planning", "decision", "service", "follow_up", "ending")


def client_column() -> Column:
    return Column("client_id", "text", "pseudonym of the client: HMAC-SHA256 of the identifier, 32 hex characters")


def text(name: str, meaning: str, nullable: bool = False, allowed: tuple[str, ...] = ()) -> Column:
    return Column(name, "text", meaning, nullable=nullable, allowed=allowed)


def date(name: str, meaning: str, clock: str, nullable: bool = False, planned: bool = False) -> Column:
    return Column(name, "time", meaning, nullable=nullable, clock=clock, planned=planned)


def clock(name: str, of: str) -> Column:
    return Column(name, "time", f"when {of} became known in the source", nullable=True)


def common_columns() -> tuple[Column, ...]:
    """The last columns of every table: where the row came from and on which clock."""
    return (
        Column("recorded_at", "time", "when the row became known in the source"),
        Column("superseded_at", "time", "when a corrected version replaced this one; empty = current", nullable=True),
        text("source", "source system and instance, e.g. avohilmo/lifecare_a"),
        text("legacy_org", "organisation that kept the register before the county"),
    )
