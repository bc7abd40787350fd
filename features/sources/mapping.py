"""The mapping YAML of one source: how the columns of its files become the columns of one canonical table."""

import hashlib
import json
from datetime import date
from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from configs.loader import StrictConfig, load_config, nearest, validate_config
from features.sources.checking.codes import load_codes
from features.sources.formats import PLACES, Format
from features.tables import TABLES, Column, Table

Scalar = str | int | float | bool


OUTSIDE_THE_ROWS = {
    "files",
    "complete_marker",
    "optional",
    "counts_for_data_until",
    "repeats_deliveries",
    "origin",
    "sha256",
    "unknown_limit",
}
"""Settings of a mapping that change no row."""

UNUSED = {
    "valid_from": None,
    "valid_to": None,
    "planned_years_ahead": 2,
    "code_table": None,
    "code_on": None,
    "query": None,
    "covers_until": None,
}
"""Settings that came later, with the value that means nothing: a mapping without them keeps its checksum."""


class ColumnMapping(StrictConfig):
    """Where one canonical column comes from: a constant `value`, or a column of the file with its rules."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    from_: str | tuple[str, ...] | None = Field(default=None, alias="from", description="several are joined by a space")
    value: Scalar | None = None
    format: str | tuple[str, ...] | None = Field(default=None, description="strptime form of a date; default ISO")
    codes: dict[str, Scalar] | None = None
    unknown: str | None = Field(default=None, description="what a code outside `codes` becomes; else quarantined")
    code_table: str | None = Field(
        default=None, description="dated codes (configs/codes): an abolished one is followed"
    )
    code_on: str | None = Field(
        default=None, description="the date column that says which day's code; default the row's own"
    )
    empty: Scalar | None = Field(default=None, description="what an empty cell becomes")
    pseudonymise: Literal["henkilotunnus", "plain", "already"] | None = Field(
        default=None,
        description="what identifier the cell holds; `already`: our own pseudonym, 32 hexadecimal characters",
    )
    part: Literal["year"] | None = Field(default=None, description="keep only the year of the date")
    age_on: str | None = Field(default=None, description="the cell is an age on this date column; gives a birth year")

    @model_validator(mode="after")
    def _one_origin(self) -> "ColumnMapping":
        if (self.from_ is None) == (self.value is None):
            raise ValueError("give either `from: <column>` or `value: <constant>`")
        if self.unknown is not None and self.codes is None and self.code_table is None:
            raise ValueError("`unknown` needs `codes` or `code_table`")
        if self.code_table is not None and (self.codes is not None or self.from_ is None):
            raise ValueError("`code_table` needs `from`, and no `codes` beside it")
        if self.code_on is not None and self.code_table is None:
            raise ValueError("`code_on` needs `code_table`")
        return self

    @property
    def origins(self) -> tuple[str, ...]:
        """The columns of the file that this column reads."""
        if self.from_ is None:
            return ()
        origins = (self.from_,) if isinstance(self.from_, str) else self.from_
        return (*origins, self.age_on) if self.age_on else origins

    @property
    def formats(self) -> tuple[str, ...]:
        """The declared forms of a date, or none: ISO."""
        return (self.format,) if isinstance(self.format, str) else self.format or ()


class RowFilter(StrictConfig):
    """Keeps the rows whose cell is one of these; the others are counted as filtered."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    column: str
    among: tuple[str, ...] = Field(alias="in", min_length=1)


class Merge(StrictConfig):
    """Several accepted rows become one: the first row's values, and `end` = the day after the last row's day.

    Rows are merged when they are equal in `by` and, with `gap_days`, when their days follow each other at most that
    many days apart.  The date that is merged is the table's own date.
    """

    by: tuple[str, ...] = Field(min_length=1)
    gap_days: int | None = Field(default=None, ge=1)
    end: str | None = None


class SourceMapping(StrictConfig):
    """One kind of file of one source system, mapped into one canonical table."""

    source: str = Field(min_length=1)
    table: str
    files: str = Field(
        default="",
        description="path or glob, relative to the data folder; ${LUOTAIN_DATA} is replaced; none for a query",
    )
    complete_marker: bool = Field(default=True, description="read a file only with `<file>.complete` beside it")
    optional: bool = Field(default=False, description="no file is no fault: the source is left out until it delivers")
    counts_for_data_until: bool = Field(
        default=True, description="the deliveries' last day is one that the registers are known until"
    )
    repeats_deliveries: bool | None = Field(
        default=None,
        description="every delivery holds the earlier rows too: copies do not count as refused rows; default for sql",
    )
    origin: str | None = Field(default=None, description="where a missing public file can be had")
    sha256: str | None = Field(default=None, description="checksum that the file must have")
    format: Format
    recording_delay_days: int = Field(ge=0, description="days after which a date without a clock is held known")
    valid_from: date | None = Field(default=None, description="first day whose rows this mapping reads")
    valid_to: date | None = Field(default=None, description="first day whose rows it reads no more")
    planned_years_ahead: int = Field(
        default=2, ge=0, le=100, description="how far after the delivery a planned beginning may lie"
    )
    unknown_limit: float = Field(
        default=0.01, ge=0, le=1, description="share of a column's codes that may be unknown; more refuses the file"
    )
    where: RowFilter | None = None
    repeats: Literal["quarantine", "keep"] = Field(
        default="quarantine", description="`keep`: the source has no row key, equal rows are different events"
    )
    merge: Merge | None = None
    ignored_columns: tuple[str, ...] = ()
    legacy_org: ColumnMapping
    columns: dict[str, ColumnMapping]

    @model_validator(mode="after")
    def _fits_the_table(self) -> "SourceMapping":
        faults = _faults(self)
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def canonical(self) -> Table:
        return TABLES[self.table]

    @property
    def may_repeat(self) -> bool:
        """True when the earlier rows come again, as they do from a database."""
        return self.format.type == "sql" if self.repeats_deliveries is None else self.repeats_deliveries

    @property
    def place(self) -> str:
        """What is read: the files, or the query."""
        return self.files or self.format.query or ""

    @property
    def file_columns(self) -> tuple[str, ...]:
        """Every column of the file that the mapping reads, once."""
        names = [name for column in (*self.columns.values(), self.legacy_org) for name in column.origins]
        return tuple(dict.fromkeys([*names, *([self.where.column] if self.where else [])]))

    @property
    def sha256_of_meaning(self) -> str:
        """Changes when the mapping would give other rows; not when only the place of the files changes."""
        meaning = _without_unused(
            self.model_dump(mode="json", exclude={**dict.fromkeys(OUTSIDE_THE_ROWS, True), "format": PLACES})
        )
        tables = {column.code_table for column in self.columns.values() if column.code_table}
        if tables:
            meaning["code_tables"] = {path: load_codes(path).sha256 for path in tables}
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()


def load_mapping(path: str) -> SourceMapping:
    """Read and check one mapping YAML.  Raises ConfigError."""
    return load_config(path, SourceMapping)


def mapping_of(values: dict[str, object], shown: str = "mapping") -> SourceMapping:
    """A mapping from a dictionary, checked the same way."""
    return validate_config(values, SourceMapping, shown)


def _without_unused(meaning: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in meaning.items() if name not in UNUSED or value != UNUSED[name]}
    return {name: _without_unused(value) if isinstance(value, dict) else value for name, value in kept.items()}


def _faults(mapping: SourceMapping) -> list[str]:
    table = TABLES.get(mapping.table)
    if table is None:
        guess = nearest(mapping.table, TABLES)
        return [f"there is no table `{mapping.table}`" + (f", did you mean `{guess}`" if guess else "")]
    return [*_unknown_columns(mapping, table), *_missing_columns(mapping, table), *_misused(mapping, table)]


def _unknown_columns(mapping: SourceMapping, table: Table) -> list[str]:
    allowed = [column.name for column in table.columns if column.name not in ("source", "legacy_org")]
    faults = []
    for name in mapping.columns:
        if name not in allowed:
            guess = nearest(name, allowed)
            faults.append(f"{table.name} has no column `{name}`" + (f", did you mean `{guess}`" if guess else ""))
    return faults


def _missing_columns(mapping: SourceMapping, table: Table) -> list[str]:
    given = {*mapping.columns, "source", "legacy_org", "recorded_at"}
    missing = [column.name for column in table.columns if not column.nullable and column.name not in given]
    if mapping.merge and mapping.merge.end in missing:
        missing.remove(mapping.merge.end)
    return [f"{table.name} needs the column `{name}`" for name in missing]


def _misused(mapping: SourceMapping, table: Table) -> list[str]:
    faults = _misplaced(mapping)
    for name, given in mapping.columns.items():
        column = table.by_name.get(name)
        if column is None:
            continue
        if given.pseudonymise and column.kind != "text":
            faults.append(f"`{name}` is no identifier, take `pseudonymise` away")
        if name == "client_id" and not given.pseudonymise:
            faults.append("`client_id` needs `pseudonymise: henkilotunnus`, `plain` or `already`")
        if given.format and column.kind != "time" and given.part is None:
            faults.append(f"`{name}` is no date, take `format` away")
        faults += _misused_codes(name, given, column, mapping)
    if mapping.valid_from and mapping.valid_to and mapping.valid_to <= mapping.valid_from:
        faults.append("`valid_to` must be later than `valid_from`")
    if mapping.merge and mapping.repeats == "keep":
        faults.append("`merge` makes one row of many, take `repeats` away")
    if mapping.merge:
        named = (*mapping.merge.by, *([mapping.merge.end] if mapping.merge.end else []))
        faults += [f"`merge` names `{name}`, which {table.name} has not" for name in named if name not in table.by_name]
    return faults


def _misplaced(mapping: SourceMapping) -> list[str]:
    if mapping.format.is_asked:
        return ["`files` is for delivered files, take it away"] if mapping.files else []
    return [] if mapping.files else ["`files` must name the delivered files"]


def _misused_codes(name: str, given: ColumnMapping, column: Column, mapping: SourceMapping) -> list[str]:
    if given.code_table is None:
        return []
    faults = [] if column.kind == "text" and not column.allowed else [f"`{name}` takes `codes`, not `code_table`"]
    on = given.code_on or mapping.canonical.time
    if on not in mapping.columns or mapping.canonical.by_name[on].kind not in ("time", "integer"):
        faults.append(f"`{name}` looks its code up on `{on}`, which is no mapped date of {mapping.table}")
    return faults
