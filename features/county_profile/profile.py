"""What one county says of itself: municipalities, earlier organisations, systems, breaks, schemes and indicators."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from configs.loader import StrictConfig
from configs.words import Words
from features.source_catalogue import Period, SourceBreak

Language = Literal["fi", "sv", "en"]
OrganisationKind = Literal["hospital_district", "special_authority", "joint_authority", "municipality", "not_named"]
"""`hospital_district` and `special_authority` served the whole county; `not_named`: the plan only counts them."""
SystemKind = Literal[
    "patient_record", "social_record", "combined_record", "assessment", "segmentation", "digital_service", "register",
    "appointment_book", "operations", "data_warehouse",
]  # fmt: skip
SystemStatus = Literal["in_use", "pilot", "planned", "replaced"]
Clock = Literal["calendar_days", "working_days", "months"]
Direction = Literal["at_least", "at_most", "change"]


class Names(StrictConfig):
    """The two official names of a place."""

    fi: str
    sv: str


class Municipality(StrictConfig):
    """A municipality of the county.  `until` and `merged_into`: it ceased, and which one continues it."""

    code: str
    name: Names
    legacy_orgs: tuple[str, ...] = Field(min_length=1)
    """Who kept its registers before the county: often one for health and one for social care."""
    until: date | None = None
    merged_into: str | None = None


class History(StrictConfig):
    """Something that keeps records, and from which day they are complete; `reason` says why there is no date."""

    id: str
    name: str
    history_start: date | None
    reason: str | None = None
    source: str


class LegacyOrganisation(History):
    """An organisation that kept registers before the county."""

    kind: OrganisationKind


class System(History):
    """A source system: where it is in use, what it fills, and from when."""

    kind: SystemKind
    status: SystemStatus
    instances: tuple[str, ...] = ()
    """Installations with recording habits of their own; empty: the plan names one system."""
    tables: tuple[str, ...] = ()
    """Canonical tables that it can fill; empty: only aggregated figures, or nothing yet."""
    municipalities: tuple[str, ...] | None = ()
    """Empty: the whole county.  Null: the plan does not tell where, so absence of its rows is unknown everywhere."""
    recording_delay_days: int | None = None
    """Declared once the extract is known."""


class ProfileBreak(SourceBreak):
    """A dated change point of the plan.  `systems` empty: every system."""

    systems: tuple[str, ...] = ()
    source: str


class SchemeUse(StrictConfig):
    """Which segmentation scheme the county uses; `planned`: no file yet."""

    id: str
    status: Literal["ready", "planned"]
    source: str


class Group(StrictConfig):
    """A group of people that the plan names: reported and checked apart, never a gate."""

    id: str
    name: Words
    source: str


class Target(StrictConfig):
    """What the plan wants an indicator to be, and by when."""

    value: float
    direction: Direction = "at_least"
    by: str | None = Field(default=None, pattern=r"^\d{4}(Q[1-4])?$")


class Indicator(StrictConfig):
    """One definition.  The same id means the same definition in every county."""

    id: str
    name: Mapping[Literal["fi", "en"], str]
    numerator: str
    denominator: str | None
    unit: Literal["share", "days", "count", "per_client"]
    clock: Clock | None = None
    targets: tuple[Target, ...] | None
    """None: the plan sets none, or leaves it to be agreed."""
    needs: tuple[str, ...] = ()
    """Canonical fields, `table.column`."""
    outside: str | None = None
    """What it needs that is not in the data contract."""
    source: str


class Profile(StrictConfig):
    """One wellbeing services county."""

    id: str
    name: Words
    plan: str
    """The plan that the profile is read from; `source` lines point into it."""
    started: date
    languages: tuple[Language, ...] = Field(min_length=1)
    mappings: str
    """Glob of the county's mapping files; none may exist yet."""
    municipalities: tuple[Municipality, ...] = Field(min_length=1)
    legacy_organisations: tuple[LegacyOrganisation, ...] = Field(min_length=1)
    systems: tuple[System, ...] = Field(min_length=1)
    source_breaks: tuple[ProfileBreak, ...] = ()
    schemes: tuple[SchemeUse, ...] = Field(min_length=1)
    groups: tuple[Group, ...] = ()
    indicators: tuple[Indicator, ...] = Field(min_length=1)

    def organisations(self, municipality: str) -> tuple[LegacyOrganisation, ...]:
        """Who kept a municipality's registers before the county."""
        wanted = next(one.legacy_orgs for one in self.municipalities if one.code == municipality)
        return tuple(one for one in self.legacy_organisations if one.id in wanted)

    def observed_from(self, municipality: str, system: System | None = None) -> date:
        """The first day from which records are complete: the latest declared start, else the county's first day."""
        histories = [*self.organisations(municipality), *([system] if system else [])]
        declared = [one.history_start for one in histories if one.history_start is not None]
        return max(declared, default=self.started)

    def coverage(self, system: System, instance: str | None = None) -> dict[str, Period]:
        """Where a system is in use, and from when: what the source catalogue needs.  Empty: it is not told where.

        An instance that bears a legacy organisation's id is that organisation's own.
        """
        codes = () if system.municipalities is None else system.municipalities or self.codes_of(instance)
        return {code: Period.model_validate({"from": self.observed_from(code, system)}) for code in codes}

    def codes_of(self, organisation: str | None) -> tuple[str, ...]:
        """The municipalities of a legacy organisation; all of them for any other word."""
        own = tuple(one.code for one in self.municipalities if organisation in one.legacy_orgs)
        return own or tuple(one.code for one in self.municipalities)

    def breaks_of(self, system: System) -> tuple[ProfileBreak, ...]:
        """The change points that concern a system."""
        return tuple(one for one in self.source_breaks if not one.systems or system.id in one.systems)
