"""configs/indicators.yaml: what is measured, for which periods, and how it is protected and compared."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from configs.errors import ConfigError
from configs.loader import StrictConfig
from evaluation.indicators.kinds import Clock, Measure, narrowed
from models.small_cells import SMALLEST_CELL
from models.texts import Texts

Grain = Literal["month", "quarter", "year"]
Unit = Literal["share", "days", "working_days", "count", "per_client", "index", "points", "change"]


class Target(StrictConfig):
    """A value that the plans ask for; `by` as they write it (e.g. 2025Q4), `scope` when it holds for some only."""

    value: float
    by: str = ""
    scope: str = ""


class Definition(StrictConfig):
    """One indicator, or one number of the plans that is no indicator: exactly one of the last four keys is given."""

    version: int = Field(ge=1)
    name: Texts
    numerator: str
    denominator: str
    unit: Unit
    clock: Clock = "none"
    grain: Grain = "quarter"
    target: tuple[Target, ...] | None = None
    better: Literal["higher", "lower"] | None = None
    sources: tuple[str, ...] = Field(min_length=1)
    family: str = ""
    """Definitions of one thing under different rules: values are never compared across them."""
    note: str = ""
    split: Mapping[str, Mapping[str, Texts]] = {}
    """Column of the rows (e.g. profession, service) → its codes and their names: the latest period by these too."""
    measure: Measure | None = None
    published: str = ""
    """Where the value is published already."""
    needs: str = ""
    """The table or column that the data contract lacks, by name."""
    setting: str = ""
    """The number is a setting or a date of the plans, not a measured indicator: where it is used."""

    @property
    def fingerprint(self) -> str:
        """Changes with everything that changes the value: two values are of one kind when it is the same."""
        parts = self.model_dump_json(include={"version", "unit", "clock", "grain", "measure"})
        return hashlib.sha256(parts.encode()).hexdigest()[:12]

    @model_validator(mode="after")
    def _one_way(self) -> "Definition":
        given = [self.measure is not None, bool(self.published), bool(self.needs), bool(self.setting)]
        if sum(given) != 1:
            raise ValueError("give exactly one of `measure`, `published`, `needs` and `setting`")
        if self.target and self.measure and self.better is None:
            raise ValueError("a target needs `better: higher` or `better: lower`")
        if self.measure is not None:
            for column, codes in self.split.items():
                for code in codes:
                    narrowed(self.measure, column, code)
        return self


class IndicatorsConfig(StrictConfig):
    """What `python -m evaluation.indicators` reads."""

    var: str
    areas: str
    """The file of the county's areas."""
    segmentation_scheme: str
    """Its recorded segments divide the county's values."""
    as_of: date | None = None
    """The day after the store's last full day when left out."""
    reporting_lag_days: int = Field(default=28, ge=0)
    """A period is told when it ended so many days before as_of."""
    periods: int = Field(default=5, ge=1)
    """The latest and the ones before it (trend)."""
    smallest_cell: int = Field(default=SMALLEST_CELL, ge=2)
    repeats: int = Field(default=200, ge=20)
    """Bootstrap repeats."""
    silent_source_days: int = Field(default=120, ge=1)
    """A table without a row of an area for so long before a period's end is a source that has stopped, not zero."""
    unit_areas: Mapping[str, str] = {}
    """Unit of the appointment book → area."""
    side_by_side: Mapping[str, tuple[str, ...]] = {}
    """Id of a table → indicators that are read together by area, never subtracted from each other."""
    compared: Mapping[str, tuple[str, ...]] = {}
    """Id of a table → indicators of which every group (area, age band, segment) has a row with its intervals."""
    definitions: Mapping[str, Definition]

    @model_validator(mode="after")
    def _pairs_exist(self) -> "IndicatorsConfig":
        for key, tables in (("side_by_side", self.side_by_side), ("compared", self.compared)):
            for id, names in tables.items():
                for name in names:
                    if name not in self.definitions:
                        raise ValueError(f"`{key}.{id}` names `{name}`, which is not defined")
        return self

    @property
    def measured(self) -> dict[str, Definition]:
        """The definitions that can be computed when the store has their rows."""
        return {id: one for id, one in self.definitions.items() if one.measure is not None}


def comparable(definitions: Mapping[str, Definition], one: str, other: str) -> None:
    """Return when the two values may be set against each other.  Raises ConfigError with one sentence otherwise.

    `id@version` of a value that came from elsewhere says under which definition it was made.
    """
    first, second = _definition(definitions, one), _definition(definitions, other)
    if first != second:
        raise different(one, other)


def different(one: str, other: str) -> ConfigError:
    """The sentence that refuses to set two values against each other."""
    return ConfigError(
        f"`{one}` and `{other}` are made by different definitions, so their values are not compared. "
        "Compare values of the same indicator and version."
    )


def _definition(definitions: Mapping[str, Definition], name: str) -> str:
    id, _, version = name.partition("@")
    if id not in definitions:
        raise ConfigError(f"No indicator is called `{id}`. Write one of configs/indicators.yaml.")
    return f"{id}@{version or definitions[id].version}"
