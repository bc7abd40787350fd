"""What a demand series counts: which rows of which table, divided by what, per which period."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from configs.loader import StrictConfig
from features.catalogue.checks import unknown
from features.catalogue.families import Condition
from features.panel.dimensions import DERIVED, HOME_CARE_MODEL, VISIT_CLASS
from features.panel.periods import Period
from features.tables import TABLES

Measure = Literal["count", "hours", "clients", "stock", "stock_any", "granted_hours", "shortfall_hours"]
MEASURES: Mapping[str, str] = {
    "count": "rows",
    "hours": "hours of the rows' minutes",
    "clients": "different clients with a row",
    "stock": "different clients with an open interval at the midnight that begins the period",
    "stock_any": "different clients with an open interval on any day of the period",
    "granted_hours": "granted hours a week x days open / 7",
    "shortfall_hours": "per client: granted minus delivered hours of the period, never below 0",
}
ADDING: frozenset[Measure] = frozenset({"count", "hours", "granted_hours"})
"""Measures whose weeks add up to a month.  The others count different clients, or are cut at zero period by period."""
OF_INTERVALS = frozenset({"stock", "stock_any", "granted_hours", "shortfall_hours"})
OF_CLIENTS = frozenset({"clients", "stock", "stock_any"})
INTERVAL_TABLE = "episodes"
Filter = Mapping[str, Condition]


class Repeat(StrictConfig):
    """Keep only rows that follow another of the same client and the same values within so many days."""

    within_days: int = Field(ge=1)
    same: tuple[str, ...] = Field(min_length=1)
    """Columns that must agree; a row that lacks one of them repeats nothing."""


class SeriesRule(StrictConfig):
    """Which rows are counted, divided by what, per which period."""

    table: str = "contacts"
    filter: Filter = Field(default_factory=dict)
    by: tuple[str, ...] = ("area",)
    """`area`, `band`, `intensity` (of home care), `time_of_day`, `segment`, `visit_class`, `home_care_model`, a name of
    `classes`, or any text column of the table."""
    codes: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Declared codes of a dimension: each gets a series even when nothing happened, others are left out."""
    classes: Mapping[str, Mapping[str, Filter]] = Field(default_factory=dict)
    """A dimension of one's own: code → conditions on the table's columns.  The first that holds counts;
    none = `none`."""
    repeat: Repeat | None = None
    delivered: Filter = Field(default_factory=dict)
    """For intervals: the contacts that deliver what was granted (`shortfall_hours`, `visit_class`)."""
    frequent_from: int = Field(default=60, ge=1)
    """Visits in a calendar month from which a client is `frequent`, below it `light` (`visit_class`)."""
    scheme: str = "suuntima_like"
    """The segmentation scheme of `segment`."""
    matrix: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    """Segment → intensity of home care → the model of home care of that cell (`home_care_model`)."""
    measures: tuple[Measure, ...] = ("count",)
    period: Period
    reporting_lag_days: int = Field(ge=0)

    @model_validator(mode="after")
    def _fits(self) -> "SeriesRule":
        table = TABLES.get(self.table)
        if table is None or not table.has_client:
            raise ValueError(unknown("table", self.table, [name for name, one in TABLES.items() if one.has_client]))
        texts = {column.name for column in table.columns if column.kind == "text"}
        allowed = {*texts, *DERIVED, *self.classes}
        for name in (*self.by, *self.filter):
            if name not in {*allowed, *table.by_name}:
                raise ValueError(unknown(f"dimension of {table.name}", name, allowed))
        for name in (*self._conditioned, *(self.repeat.same if self.repeat else ())):
            if name not in table.by_name:
                raise ValueError(unknown(f"column of {table.name}", name, table.by_name))
        if "area" not in self.by:
            raise ValueError("`by` needs `area`: observation begins area by area")
        if "hours" in self.measures and "minutes" not in table.by_name:
            raise ValueError(f"`hours` needs minutes, which {table.name} has not")
        if HOME_CARE_MODEL in self.by and not self.matrix:
            raise ValueError("`home_care_model` needs `matrix`: segment → intensity → model")
        self._intervals()
        return self

    def _intervals(self) -> None:
        found = [name for name in self.measures if name in OF_INTERVALS]
        if found and (self.table != INTERVAL_TABLE or len(found) < len(self.measures)):
            raise ValueError(
                f"`{found[0]}` counts intervals: write `table: {INTERVAL_TABLE}` and give other measures their own rule"
            )
        needy = [name for name in (*self.measures, *self.by) if name in {"shortfall_hours", VISIT_CLASS}]
        if found and needy and not self.delivered:
            raise ValueError(f"`{needy[0]}` of intervals needs `delivered`: the contacts that deliver what was granted")

    @property
    def _conditioned(self) -> set[str]:
        return {column for codes in self.classes.values() for one in codes.values() for column in one}

    @property
    def of_intervals(self) -> bool:
        """True when open intervals are counted, not rows."""
        return any(name in OF_INTERVALS for name in self.measures)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that the rule reads, beside the client's and the clocks."""
        own = [name for name in self.by if name in TABLES[self.table].by_name]
        minutes = ["minutes"] if "hours" in self.measures else []
        same = self.repeat.same if self.repeat else ()
        return tuple(dict.fromkeys([*own, *self.filter, *sorted(self._conditioned), *same, *minutes]))
