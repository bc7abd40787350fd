"""The mapping YAML of one source: how the columns of its files become the columns of one canonical table."""

import hashlib
import json
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from configs.errors import ConfigError
from configs.loader import StrictConfig, load_config, nearest, validate_config
from features.tables import TABLES, Column, Table

Encoding = Literal["utf-8", "cp1252", "latin-1"]
Scalar = str | int | float | bool


OUTSIDE_THE_ROWS = {
    "files",
    "complete_marker",
    "optional",
    "counts_for_data_until",
    "repeats_deliveries",
    "origin",
    "sha256",
}
"""Settings of a mapping that change no row."""


class FileFormat(StrictConfig):
    """How the file is written.  `separator` and `decimal` speak of CSV only."""

    type: Literal["csv", "parquet"]
    encoding: Encoding = "utf-8"
    separator: str = Field(default=";", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."


class ColumnMapping(StrictConfig):
    """Where one canonical column comes from: a constant `value`, or a column of the file with its rules."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    from_: str | tuple[str, ...] | None = Field(default=None, alias="from", description="several are joined by a space")
    value: Scalar | None = None
    format: str | tuple[str, ...] | None = Field(default=None, description="strptime form of a date; default ISO")
    codes: dict[str, Scalar] | None = None
    unknown: str | None = Field(default=None, description="what a code outside `codes` becomes; else quarantined")
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
        if self.unknown is not None and self.codes is None:
            raise ValueError("`unknown` needs `codes`")
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
    files: str = Field(description="path or glob, relative to the data folder; ${LUOTAIN_DATA} is replaced")
    complete_marker: bool = Field(default=True, description="read a file only with `<file>.complete` beside it")
    optional: bool = Field(default=False, description="no file is no fault: the source is left out until it delivers")
    counts_for_data_until: bool = Field(
        default=True, description="the deliveries' last day is one that the registers are known until"
    )
    repeats_deliveries: bool = Field(
        default=False, description="every delivery holds the earlier rows too: copies do not count as refused rows"
    )
    origin: str | None = Field(default=None, description="where a missing public file can be had")
    sha256: str | None = Field(default=None, description="checksum that the file must have")
    format: FileFormat
    recording_delay_days: int = Field(ge=0, description="days after which a date without a clock is held known")
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
    def file_columns(self) -> tuple[str, ...]:
        """Every column of the file that the mapping reads, once."""
        names = [name for column in (*self.columns.values(), self.legacy_org) for name in column.origins]
        return tuple(dict.fromkeys([*names, *([self.where.column] if self.where else [])]))

    @property
    def sha256_of_meaning(self) -> str:
        """Changes when the mapping would give other rows; not when only the place of the files changes."""
        meaning = self.model_dump(mode="json", exclude=OUTSIDE_THE_ROWS)
        return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()


def load_mapping(path: str) -> SourceMapping:
    """Read and check one mapping YAML.  Raises ConfigError."""
    return load_config(path, SourceMapping)


def mapping_of(values: dict[str, object], shown: str = "mapping") -> SourceMapping:
    """A mapping from a dictionary, checked the same way."""
    return validate_config(values, SourceMapping, shown)


def column_of(mapping: SourceMapping, name: str) -> Column:
    """The canonical column of that name.  Raises ConfigError when the table has none."""
    try:
        return mapping.canonical.by_name[name]
    except KeyError:
        raise ConfigError(f"The table {mapping.table} has no column `{name}`.") from None


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
    faults = []
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
    if mapping.merge and mapping.repeats == "keep":
        faults.append("`merge` makes one row of many, take `repeats` away")
    if mapping.merge:
        named = (*mapping.merge.by, *([mapping.merge.end] if mapping.merge.end else []))
        faults += [f"`merge` names `{name}`, which {table.name} has not" for name in named if name not in table.by_name]
    return faults
