"""What of the store becomes which MEDS event, as a config says it."""

import re
from typing import Literal

from pydantic import Field, model_validator

from configs.loader import StrictConfig, nearest
from features.tables import TABLES, Table

NEVER = frozenset({"client_id", "professional_id", "other_id", "request_id", "decision_id", "answer_id"})
"""Identifiers: they tell who it is, here or in a source."""

HIDDEN = frozenset({"postal_area", "non_disclosure", "recorded_at", "superseded_at", "source", "legacy_org"})
"""Columns that say where somebody lives or how a row was made: no part of an event."""

SEPARATOR = "//"
_COLUMN = re.compile(r"\{(\w+)\}")


class Event(StrictConfig):
    """Rows of one table as events: a date, a code made of columns, and a number."""

    table: str
    at: str | None = Field(description="date column, or a year; null: a static fact without a time")
    code: str = Field(min_length=1, description="parts divided by //; {column} is the cell of that column")
    number: str | None = Field(default=None, description="column that becomes numeric_value")
    modifiers: tuple[str, ...] = Field(default=(), description="columns that say more about the code")
    once: bool = Field(default=False, description="one event per client, the first of equal codes")

    @model_validator(mode="after")
    def _fits_the_table(self) -> "Event":
        faults = _faults(self)
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def parts(self) -> tuple[tuple[str, bool], ...]:
        """The parts of the code: a text, and whether it is a column's name."""
        found = ((part, _COLUMN.fullmatch(part)) for part in self.code.split(SEPARATOR))
        return tuple((match[1], True) if match else (part, False) for part, match in found)

    @property
    def clock(self) -> str:
        """The column that says when the event became known."""
        column = TABLES[self.table].by_name[self.at] if self.at else None
        return (column.clock if column else None) or "recorded_at"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, once."""
        coded = [part for part, is_column in self.parts if is_column]
        dated = [self.at] if self.at else []
        numbered = [self.number] if self.number else []
        always = ["client_id", "recorded_at", "superseded_at", self.clock]
        return tuple(dict.fromkeys([*always, *dated, *coded, *numbered, *self.modifiers]))


class Labels(StrictConfig):
    """Features of a built history as MEDS labels, one folder per feature."""

    histories: str
    features: tuple[str, ...] = Field(min_length=1)


class Splits(StrictConfig):
    """Shares of the clients; the rest is held out.  Who is where follows from the subject's number alone."""

    train: float = Field(default=0.8, ge=0, le=1)
    tuning: float = Field(default=0.1, ge=0, le=1)

    @model_validator(mode="after")
    def _not_more_than_all(self) -> "Splits":
        if self.train + self.tuning > 1:
            raise ValueError("`train` and `tuning` are more than 1 together")
        return self


class ExportConfig(StrictConfig):
    """One export of the store."""

    var: str
    folder: str = Field(default="exports/meds", description="below the data folder; replaced as a whole")
    dataset_name: str
    non_disclosure: Literal["leave_out"] = "leave_out"
    corrected_rows: bool = Field(
        default=False, description="true: rows that a correction closed too, with `superseded_at`"
    )
    events: tuple[Event, ...] = Field(min_length=1)
    splits: Splits = Splits()
    labels: Labels | None = None

    @property
    def modifiers(self) -> tuple[str, ...]:
        """The modifier columns of the whole data set."""
        return tuple(sorted({name for event in self.events for name in event.modifiers}))


def _faults(event: Event) -> list[str]:
    table = TABLES.get(event.table)
    if table is None or not table.has_client:
        guess = nearest(event.table, [name for name, known in TABLES.items() if known.has_client])
        return [f"`{event.table}` is no table of clients" + (f", did you mean `{guess}`" if guess else "")]
    said = [*(part for part, is_column in event.parts if is_column), *event.modifiers]
    faults = [_unknown(name, table) for name in (*said, event.number, event.at) if name and name not in table.by_name]
    faults += [f"`{name}` never leaves the store" for name in said if name in NEVER | HIDDEN]
    return faults or _wrong_kinds(event, table)


def _wrong_kinds(event: Event, table: Table) -> list[str]:
    faults = []
    if event.at and table.by_name[event.at].kind not in ("time", "integer"):
        faults.append(f"`at: {event.at}` is no date")
    if event.number and table.by_name[event.number].kind not in ("number", "integer"):
        faults.append(f"`number: {event.number}` is no number")
    faults += [f"the modifier `{name}` is no text" for name in event.modifiers if table.by_name[name].kind != "text"]
    return faults


def _unknown(name: str, table: Table) -> str:
    guess = nearest(name, table.by_name)
    return f"{table.name} has no column `{name}`" + (f", did you mean `{guess}`" if guess else "")
