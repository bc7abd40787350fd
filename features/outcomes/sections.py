"""The sections that an outcome rule may have: what each counts, and over which rows of which table."""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field, model_validator

from configs.loader import StrictConfig
from configs.words import Words, unknown
from features.catalogue.families import Condition
from features.catalogue.fields import condition_faults
from features.tables import TABLES

Unit = Literal["events", "days", "months"]
Filter = Mapping[str, Condition]


class Step(StrictConfig):
    """One step of a declared order of services, e.g. {kind: home_care_regular, intensity: light}."""

    kind: str
    intensity: str | None = None
    """None = any intensity of the kind."""


class Counted(StrictConfig):
    """Rows of one table that a filter picks, counted by the table's own date (contacts: those that took place)."""

    table: str = "contacts"
    filter: Filter = Field(default_factory=dict)
    """Equality, one of a list, {prefix: ...}, {without: ...} or bounds, as in the feature catalogue."""
    days: int | None = Field(default=None, ge=1)
    """None = anywhere in the window; otherwise inside some run of this many days, itself inside the window."""

    @property
    def conditions(self) -> dict[str, Condition]:
        """The filter with the rule for contacts: done unless a status is declared."""
        done: dict[str, Condition] = {"status": "done"} if self.table == "contacts" else {}
        return {**done, **self.filter}

    @property
    def date(self) -> str:
        """The date of the row that counts."""
        return TABLES[self.table].time

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that the section reads besides the client, its date and the clocks."""
        return tuple(self.conditions)

    @model_validator(mode="after")
    def _can_be_counted(self) -> "Counted":
        faults = list(table_faults(self.table, self.filter))
        if faults:
            raise ValueError(" ".join(faults).removesuffix("."))
        return self


class CountAtLeast(Counted):
    """At least `n` events (or days, or calendar months with one), e.g. four emergency visits."""

    n: int = Field(ge=1)
    unit: Unit = "events"

    @model_validator(mode="after")
    def _fits(self) -> "CountAtLeast":
        if self.days is not None and self.unit == "days" and self.n > self.days:
            raise ValueError(f"{self.days} days cannot hold {self.n} different days; lower `n` or raise `days`")
        return self


class DistinctAtLeast(Counted):
    """At least `n` different groups of codes, at least one of them from each side in `across`: breadth, not volume."""

    value: str
    """The text column whose codes are grouped, e.g. service or profession."""
    sides: Mapping[str, Mapping[str, tuple[str, ...]]]
    """side → group → codes.  A code in no group does not count."""
    n: int = Field(ge=1)
    across: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that the section reads besides the client and the clocks."""
        return tuple(dict.fromkeys((*self.conditions, self.value)))

    @property
    def groups(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """(side, codes) of every group, in file order."""
        return tuple((side, codes) for side, groups in self.sides.items() for codes in groups.values())

    @model_validator(mode="after")
    def _groups_are_told_apart(self) -> "DistinctAtLeast":
        if fault := next(self._faults(), None):
            raise ValueError(fault)
        return self

    def _faults(self) -> Iterator[str]:
        column = TABLES[self.table].by_name.get(self.value)
        if column is None or column.kind != "text":
            texts = [one.name for one in TABLES[self.table].columns if one.kind == "text"]
            yield unknown(f"text column of {self.table} in `value`", self.value, texts).removesuffix(".")
        codes = [code for _, group in self.groups for code in group]
        doubled = sorted({code for code in codes if codes.count(code) > 1})
        if doubled:
            yield f"the code `{doubled[0]}` stands in two groups; leave it in one"
        if self.n > len(self.groups):
            yield f"`n` is {self.n} but there are {len(self.groups)} groups; lower `n` or add groups"
        missing = [side for side in self.across if side not in self.sides]
        if missing:
            yield unknown("side in `across`", missing[0], self.sides).removesuffix(".")


class OrderedChange(StrictConfig):
    """Where the client stands against the step known at `as_of`: lighter, stable, heavier, or a service beyond."""

    steps: tuple[Step, ...] = Field(min_length=1)
    """Lightest first."""
    beyond: tuple[str, ...] = Field(min_length=1)
    """Kinds of episode above every step, e.g. residential_24h."""
    levels: tuple[str, ...] = ("lighter", "stable", "heavier", "residential")
    """Ids of the four levels, in this order of meaning."""
    names: Mapping[str, Words]
    """What each level is called."""

    @model_validator(mode="after")
    def _levels_have_names(self) -> "OrderedChange":
        if len(set(self.levels)) != 4:
            raise ValueError(
                "`levels` needs four different ids, for lighter, stable, heavier and beyond, "
                "e.g. [lighter, stable, heavier, residential]"
            )
        if missing := [level for level in self.levels if level not in self.names]:
            raise ValueError(f"the level `{missing[0]}` has no name; add it to `names` in fi, sv and en")
        return self


class MinutesChange(StrictConfig):
    """Granted minutes a week at the end of the window minus those known at `as_of`."""

    kind: str
    yes_from: float = Field(gt=0)
    """Growth in minutes a week from which the outcome is "yes"."""
    leave_out: tuple[str, ...] = ()
    """Kinds of episode that take the row out when one runs in the window: other minutes count there (24-hour care)."""
    name: Words
    """What the amount is called."""
    unit: Words
    """Its unit in words, e.g. minutes a week."""


class EpisodeEnd(StrictConfig):
    """A service or tie that ends while the client lives on in the county, and heavier care starts around the end."""

    kinds: tuple[str, ...] = ()
    """Kinds of episode that may end."""
    roles: tuple[str, ...] = ()
    """Roles of relations that may end, e.g. informal_carer."""
    then_starts: tuple[str, ...] = ()
    """Kinds of episode whose start makes the end count."""
    then_heavier: tuple[Step, ...] = ()
    """Lightest first: a start above the step in force on the day before makes the end count."""
    before_days: int = Field(default=0, ge=0)
    """How many days before the end the heavier care may have started."""
    within_days: int = Field(ge=1)
    """How many days from the end on it may start: [end - before_days, end + within_days)."""

    @model_validator(mode="after")
    def _says_something(self) -> "EpisodeEnd":
        if not (self.kinds or self.roles):
            raise ValueError("name what ends: `kinds: [...]` of episodes or `roles: [...]` of relations")
        if not (self.then_starts or self.then_heavier):
            raise ValueError("name what starts then: `then_starts: [kinds]` or `then_heavier: [steps]`")
        return self


class GrantedBy(StrictConfig):
    """Rows that grant the outcome before it starts, e.g. a request with the outcome `granted`."""

    table: str
    filter: Filter = Field(min_length=1)

    @model_validator(mode="after")
    def _can_be_found(self) -> "GrantedBy":
        faults = list(table_faults(self.table, self.filter))
        if faults:
            raise ValueError(" ".join(faults).removesuffix("."))
        return self


def table_faults(table: str, conditions: Filter) -> Iterator[str]:
    """What is wrong with a table and a filter of its rows."""
    with_client = [name for name, one in TABLES.items() if one.has_client]
    if table not in with_client:
        yield unknown("table", table, with_client)
        return
    for name, condition in conditions.items():
        if name not in TABLES[table].by_name:
            yield unknown(f"column of {table} in `filter`", name, TABLES[table].by_name)
        yield from condition_faults(TABLES[table], name, condition)
