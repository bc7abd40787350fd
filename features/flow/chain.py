"""What a service chain is: its stages in order, and by which rows of which table a client enters and leaves each.

A stage is entered either by `rows` that last (a request, an episode) or by `events` (contacts), never by both.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field, model_validator

from configs.loader import StrictConfig
from configs.words import Words, unknown
from features.catalogue.families import Condition
from features.tables import PATH_PHASES, TABLES

EXIT, OUTSIDE = "exit", "outside"
"""Where a client goes who leaves the chain, and where one comes from who enters it."""
UNKNOWN = "unknown"
Moment = Literal["entered", "left"]


class Rows(StrictConfig):
    """A stage lasts from one date of a row to the earliest of some others; an empty end is open."""

    table: str
    filter: Mapping[str, Condition] = Field(default_factory=dict)
    enter: str
    leave: tuple[str, ...] = Field(min_length=1)
    matter: str | None = None
    """The column that names the matter: stages with the same matter are one case."""
    merge_gap_days: int | None = Field(default=None, ge=0)
    """Rows of one client with at most so many days between them are one stay."""


class Events(StrictConfig):
    """A stage begins at an event and lasts until another stage begins or nothing has happened for `silence_days`."""

    table: str = "contacts"
    filter: Mapping[str, Condition] = Field(default_factory=dict)
    silence_days: int = Field(ge=1)
    after: tuple[str, ...] = ()
    """Stages whose end begins this one; then only events within `after_days` of such an end count for it."""
    after_days: int = Field(default=180, ge=1)


class Staffing(StrictConfig):
    """Which rows of `capacity` staff the stage, and how many hours its work takes."""

    filter: Mapping[str, Condition] = Field(min_length=1)
    per: Literal["departure", "client_week"] = "departure"
    hours_each: float | None = Field(default=None, gt=0)
    """Staffed hours that one departure (or one client's week) takes; left out, the busiest weeks tell."""


class AddedHours(StrictConfig):
    """What one more staffed hour at a stage is assumed to do where its departures do not follow its hours."""

    hours_each: float = Field(gt=0)
    """Hours that one client more takes, out of turn, the longest waiting first."""
    source: Words
    """Where the figure comes from; shown beside the answer."""


class Stage(StrictConfig):
    """One stage of the chain."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: Words
    rows: Rows | None = None
    events: Events | None = None
    waiting: bool = True
    """True: time here is delay.  False: it is the service itself, which nobody wants shortened."""
    unhindered_days: float | None = Field(default=None, ge=0)
    """Days that the stage takes when nobody waits; left out, a tenth of its clients are faster than that."""
    capacity: Staffing | None = None
    added_hours: AddedHours | None = None

    @model_validator(mode="after")
    def _has_one_rule(self) -> "Stage":
        if (self.rows is None) == (self.events is None):
            found = "no entry rule" if self.rows is None else "two entry rules"
            raise ValueError(f"the stage `{self.id}` has {found}. Give it `rows` (a row that lasts) or `events`")
        if self.id in (EXIT, OUTSIDE):
            raise ValueError(f"`{self.id}` is where clients go or come from, so no stage may be called that")
        return self


class FirstRow(StrictConfig):
    """The first row of the case's client on or after the day on which the case entered the stage `after`."""

    table: str
    filter: Mapping[str, Condition] = Field(default_factory=dict)
    after: str
    after_days: int = Field(default=0, ge=0)
    """Days after that entry before which a row does not count."""
    within_days: int = Field(default=365, ge=1)


class PhaseAt(StrictConfig):
    """A phase of the client's path is reached when a stage is entered or left, or by a row of another table."""

    stage: str | None = None
    when: Moment = "entered"
    first: FirstRow | None = None

    @property
    def cited(self) -> str:
        """The stage that the phase is counted from."""
        return self.stage if self.stage is not None else str(self.first.after if self.first else None)

    @model_validator(mode="after")
    def _has_one_rule(self) -> "PhaseAt":
        if (self.stage is None) == (self.first is None):
            raise ValueError("a phase is reached by a `stage` or by a `first` row, and by one of them only")
        return self


class Group(StrictConfig):
    """A vulnerable group: clients with a row that was known, or an age reached, when they entered the stage."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: Words
    table: str = "residents"
    filter: Mapping[str, Condition] = Field(default_factory=dict)
    age_from: int | None = Field(default=None, ge=0, le=120)


class Chain(StrictConfig):
    """A service chain (palveluketju): its stages in order, the path that was described, and who is looked at."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: Words
    stages: tuple[Stage, ...] = Field(min_length=1)
    path: tuple[str, ...] = Field(min_length=1)
    """The described path, stage by stage."""
    may_end_at: tuple[str, ...] = ()
    """Stages where the described path allows the case to end before its last stage."""
    may_begin_at: tuple[str, ...] = ()
    """Stages besides the first one where it allows a case to begin."""
    link_days: int = Field(default=31, ge=0)
    """A stage entered so many days after another was left still belongs to the same case."""
    phases: Mapping[str, PhaseAt] = Field(default_factory=dict)
    areas: Mapping[str, Words] = Field(default_factory=dict)
    segment_scheme: str | None = None
    segments: Mapping[str, Words] = Field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    reporting_lag_days: int = Field(ge=0)
    """Weeks younger than this are not yet whole: late rows may still come."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The stages' ids in order."""
        return tuple(stage.id for stage in self.stages)

    def stage(self, stage_id: str) -> Stage:
        """One stage by id."""
        return self.stages[self.ids.index(stage_id)]

    @model_validator(mode="after")
    def _fits(self) -> "Chain":
        faults = [*_doubles(self.ids), *self._unknown_stages(), *_tables(self.stages, self.groups)]
        faults += _phase_rows(self.phases)
        faults += [unknown("phase", name, PATH_PHASES) for name in self.phases if name not in PATH_PHASES]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _unknown_stages(self) -> Iterator[str]:
        after = [name for stage in self.stages if stage.events for name in stage.events.after]
        cited = (*self.path, *self.may_end_at, *self.may_begin_at, *after, *(at.cited for at in self.phases.values()))
        yield from (unknown("stage", name, self.ids) for name in dict.fromkeys(cited) if name not in self.ids)


def _doubles(ids: Sequence[str]) -> Iterator[str]:
    yield from (f"the stage `{name}` is given twice" for name in dict.fromkeys(ids) if ids.count(name) > 1)


def _tables(stages: Sequence[Stage], groups: Sequence[Group]) -> Iterator[str]:
    clients = [name for name, table in TABLES.items() if table.has_client]
    for stage in stages:
        rule = stage.rows or stage.events
        if rule is None:
            continue
        if rule.table not in clients:
            yield unknown(f"table of the stage {stage.id}", rule.table, clients)
        else:
            yield from _columns(stage, rule)
    for group in groups:
        if group.table not in clients:
            yield unknown(f"table of the group {group.id}", group.table, clients)
        else:
            yield from _filters(f"group {group.id}", group.table, group.filter)
    for stage in stages:
        if stage.capacity is not None:
            yield from _filters(f"capacity of {stage.id}", "capacity", stage.capacity.filter)


def _phase_rows(phases: Mapping[str, PhaseAt]) -> Iterator[str]:
    clients = [name for name, table in TABLES.items() if table.has_client]
    for name, at in phases.items():
        if at.first is None:
            continue
        if at.first.table not in clients:
            yield unknown(f"table of the phase {name}", at.first.table, clients)
        else:
            yield from _filters(f"phase {name}", at.first.table, at.first.filter)


def _columns(stage: Stage, rule: Rows | Events) -> Iterator[str]:
    yield from _filters(f"stage {stage.id}", rule.table, rule.filter)
    if isinstance(rule, Rows):
        table = TABLES[rule.table]
        dates = [column.name for column in table.dates]
        named = (rule.enter, *rule.leave)
        yield from (unknown(f"date of {rule.table}", name, dates) for name in named if name not in dates)
        if rule.matter is not None and rule.matter not in table.by_name:
            yield unknown(f"column of {rule.table}", rule.matter, table.by_name)


def _filters(where: str, table: str, conditions: Mapping[str, Condition]) -> Iterator[str]:
    known = TABLES[table].by_name
    yield from (
        unknown(f"column in the filter of the {where}", name, known) for name in conditions if name not in known
    )
