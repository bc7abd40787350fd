"""The data contract: thirteen canonical tables, column by column.

Everything that knows a column's type, unit or allowed values reads it here: the pandera schemas, the SQL checks of
the ingest, the kernel's clocks and `docs/data-contract.md`.  Times are wall-clock Europe/Helsinki, to the second.
Intervals are half-open, [start, end).  Every date carries the clock on which it became known.
"""

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


def _client() -> Column:
    return Column("client_id", "text", "pseudonym of the client: HMAC-SHA256 of the identifier, 32 hex characters")


def _text(name: str, meaning: str, nullable: bool = False, allowed: tuple[str, ...] = ()) -> Column:
    return Column(name, "text", meaning, nullable=nullable, allowed=allowed)


def _time(name: str, meaning: str, clock: str, nullable: bool = False) -> Column:
    return Column(name, "time", meaning, nullable=nullable, clock=clock)


def _clock(name: str, of: str) -> Column:
    return Column(name, "time", f"when {of} became known in the source", nullable=True)


def _common() -> tuple[Column, ...]:
    """The last columns of every table: where the row came from and on which clock."""
    return (
        Column("recorded_at", "time", "when the row became known in the source"),
        Column("superseded_at", "time", "when a corrected version replaced this one; empty = current", nullable=True),
        _text("source", "source system and instance, e.g. avohilmo/lifecare_a"),
        _text("legacy_org", "organisation that kept the register before the county"),
    )


RESIDENTS = Table(
    "residents",
    "a person's stay in the county",
    "population register extract",
    (
        _client(),
        Column("birth_year", "integer", "year of birth", unit="year", low=1895, high=2100),
        _text("sex", "sex in the register", allowed=("female", "male", "unknown")),
        _text("language", "service language", allowed=("fi", "sv", "other")),
        _text("municipality", "municipality code, three digits"),
        _text("postal_area", "postal code area, five digits", nullable=True),
        _time("history_start", "first date from which the source's events of this person are complete", "recorded_at"),
        _time("died_on", "date of death", "died_recorded_at", nullable=True),
        _clock("died_recorded_at", "the death"),
        _time("valid_from", "start of the stay", "recorded_at"),
        _time("valid_to", "end of the stay", "valid_to_recorded_at", nullable=True),
        _clock("valid_to_recorded_at", "the end of the stay"),
        Column("non_disclosure", "flag", "turvakielto: never a feature; hides places and contacts"),
        *_common(),
    ),
    key=("client_id", "valid_from"),
    time="valid_from",
)
CONTACTS = Table(
    "contacts",
    "one contact or visit",
    "AvoHILMO-like contacts, social-care contacts, home-care visits",
    (
        _client(),
        _time("time", "when it took place", "recorded_at"),
        _text("sector", "sector of the service", allowed=SECTORS),
        _text("service", "service code of the county's catalogue"),
        _text("channel", "how it took place", allowed=CHANNELS),
        _text("profession", "profession group of the professional", nullable=True),
        _text("professional_id", "pseudonym of the professional", nullable=True),
        _text("urgency", "urgency class", allowed=URGENCIES),
        _text("reason", "reason group code", nullable=True),
        _text("status", "what became of it", allowed=STATUSES),
        Column("minutes", "number", "duration", nullable=True, unit="minutes", low=0, high=1440),
        _text("unit", "organisational unit that gave it", nullable=True),
        *_common(),
    ),
    key=("client_id", "time", "service", "channel", "professional_id"),
    time="time",
)
EPISODES = Table(
    "episodes",
    "a service that lasts",
    "service decisions, care registers",
    (
        _client(),
        _time("start", "first day", "recorded_at"),
        _time("end", "first day after; empty = open", "end_recorded_at", nullable=True),
        _clock("end_recorded_at", "the end"),
        _text("kind", "kind of service, e.g. home_care_regular, residential_24h, ward_stay"),
        _text("intensity", "intensity class inside the kind", nullable=True),
        Column(
            "granted_minutes_per_week",
            "number",
            "granted service",
            nullable=True,
            unit="minutes per week",
            low=0,
            high=10080,
        ),
        _text("unit", "organisational unit", nullable=True),
        *_common(),
    ),
    key=("client_id", "start", "kind"),
    time="start",
)
ASSESSMENTS = Table(
    "assessments",
    "one value of one scale",
    "RAI and other instruments, measurements",
    (
        _client(),
        _time("time", "when assessed", "recorded_at"),
        _text("instrument", "instrument, e.g. RAI-HC"),
        _text("version", "version of the instrument", nullable=True),
        _text("scale", "scale, e.g. CPS, ADLH, IADL, DRS, MAPLe, CHESS"),
        Column("value", "number", "value on the scale"),
        _text("value_unit", "unit of a measurement; empty for a scale", nullable=True),
        _text("respondent", "who answered", allowed=RESPONDENTS),
        *_common(),
    ),
    key=("client_id", "time", "instrument", "scale"),
    time="time",
)
REQUESTS = Table(
    "requests",
    "one matter from request to end",
    "service requests, concern notifications, referrals",
    (
        _client(),
        _text("request_id", "identifier of the matter in its source"),
        _time("requested_at", "when requested", "recorded_at"),
        _time("assessed_at", "when the need was assessed", "assessed_recorded_at", nullable=True),
        _clock("assessed_recorded_at", "the assessment"),
        _time("started_at", "when the service started", "started_recorded_at", nullable=True),
        _clock("started_recorded_at", "the start"),
        _time("ended_at", "when the matter ended", "ended_recorded_at", nullable=True),
        _clock("ended_recorded_at", "the end and its outcome"),
        _text("service", "requested service code"),
        _text("stage", "stage of the service chain", nullable=True),
        _text("path_phase", "phase of the client's path", nullable=True, allowed=PATH_PHASES),
        _text("priority", "urgency class", nullable=True, allowed=URGENCIES),
        _text("outcome", "how it ended; known only from ended_recorded_at on", nullable=True),
        *_common(),
    ),
    key=("request_id",),
    time="requested_at",
)
PLANS = Table(
    "plans",
    "one plan",
    "care plans, client plans, rehabilitation plans",
    (
        _client(),
        _time("valid_from", "first day of validity", "recorded_at"),
        _time("valid_to", "first day after validity; empty = open", "valid_to_recorded_at", nullable=True),
        _clock("valid_to_recorded_at", "the end of validity"),
        _text("kind", "kind of plan", allowed=("care_plan", "client_plan", "rehab_plan")),
        _text("responsible_role", "role responsible for the plan", nullable=True),
        *_common(),
    ),
    key=("client_id", "valid_from", "kind"),
    time="valid_from",
)
DIAGNOSES = Table(
    "diagnoses",
    "one recorded diagnosis or reason code",
    "patient record",
    (
        _client(),
        _time("time", "when recorded for the patient", "recorded_at"),
        _text("system", "code system", allowed=("ICD-10", "ICPC-2", "other")),
        _text("code", "code as text"),
        *_common(),
    ),
    key=("client_id", "time", "system", "code"),
    time="time",
)
SEGMENT_RECORDS = Table(
    "segment_records",
    "one recorded segmentation",
    "segmentation tool (e.g. answers to a two-respondent questionnaire)",
    (
        _client(),
        _time("time", "when segmented", "recorded_at"),
        _text("scheme", "id of the scheme"),
        _text("scheme_version", "version of the scheme"),
        _text("axis1_level", "level on the scheme's first axis", nullable=True),
        _text("axis1_respondent", "who assessed the first axis", nullable=True, allowed=RESPONDENTS),
        _text("axis2_level", "level on the scheme's second axis", nullable=True),
        _text("axis2_respondent", "who assessed the second axis", nullable=True, allowed=RESPONDENTS),
        _text("segment", "segment of the scheme", nullable=True),
        _text("assessor_role", "role of the professional", nullable=True),
        *_common(),
    ),
    key=("client_id", "time", "scheme"),
    time="time",
)
RELATIONS = Table(
    "relations",
    "a tie of the client to a person or unit",
    "client records: named professionals, informal care agreements, care relationships",
    (
        _client(),
        _text("other_kind", "what the other end is", allowed=("client", "professional", "unit")),
        _text("other_id", "pseudonym or unit code of the other end"),
        _text(
            "role",
            "what the other end is to the client",
            allowed=(
                "informal_carer",
                "cared_for",
                "named_doctor",
                "named_nurse",
                "own_worker",
                "care_relationship",
                "other",
            ),
        ),
        _text("service_task", "service task of the relation", nullable=True),
        _time("valid_from", "first day", "recorded_at"),
        _time("valid_to", "first day after; empty = open", "valid_to_recorded_at", nullable=True),
        _clock("valid_to_recorded_at", "the end"),
        *_common(),
    ),
    key=("client_id", "other_kind", "other_id", "role", "valid_from"),
    time="valid_from",
)
CAPACITY = Table(
    "capacity",
    "unit, stage or channel in one period",
    "staffing and bed registers",
    (
        _text("unit", "organisational unit"),
        _text("stage", "stage of a service chain", nullable=True),
        _text("channel", "channel", nullable=True, allowed=CHANNELS),
        _time("period_start", "first day", "recorded_at"),
        _time("period_end", "first day after", "recorded_at"),
        Column("staffed_hours", "number", "staffed working hours", nullable=True, unit="hours", low=0),
        Column("beds", "number", "staffed beds", nullable=True, unit="beds", low=0),
        Column("slots", "number", "appointment slots", nullable=True, unit="slots", low=0),
        *_common(),
    ),
    key=("unit", "stage", "channel", "period_start"),
    time="period_start",
    has_client=False,
)
APPOINTMENT_SLOTS = Table(
    "appointment_slots",
    "one offered slot",
    "appointment books",
    (
        _text("slot_id", "identifier of the slot in its source"),
        _text("unit", "organisational unit"),
        _text("profession", "profession group"),
        _time("offered_at", "when the slot was opened", "recorded_at"),
        _time("slot_at", "when the slot is; a planned date", "recorded_at"),
        _time("taken_at", "when it was booked; empty = free", "taken_recorded_at", nullable=True),
        _clock("taken_recorded_at", "the booking"),
        *_common(),
    ),
    key=("slot_id",),
    time="offered_at",
    has_client=False,
)
POPULATION = Table(
    "population",
    "municipality, age band, sex and year",
    "population statistics",
    (
        _text("municipality", "municipality code, three digits"),
        _text("age_band", "age band, e.g. 75-84"),
        _text("sex", "sex", allowed=("female", "male")),
        Column("year", "integer", "statistical year", unit="year", low=1900, high=2100),
        Column("persons", "number", "persons on 31 December", unit="persons", low=0),
        *_common(),
    ),
    key=("municipality", "age_band", "sex", "year"),
    time="year",
    has_client=False,
)
DECISIONS = Table(
    "decisions",
    "one decision exported by the service",
    "the service's own decision log",
    (
        _text("decision_id", "identifier of the decision"),
        _client(),
        _time("time", "when decided", "recorded_at"),
        _text("decision_point", "where in the process it was made"),
        _text("answer_id", "the shown answer it concerns"),
        _text("decision", "what the professional did", allowed=("accept", "change", "cannot_tell")),
        _text("segment", "the segment that the professional confirmed", nullable=True),
        _text("reason", "the professional's reason code", nullable=True),
        _text("routing_target", "where the client was guided", nullable=True),
        _text("role", "role of the professional"),
        *_common(),
    ),
    key=("decision_id",),
    time="time",
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        RESIDENTS,
        CONTACTS,
        EPISODES,
        ASSESSMENTS,
        REQUESTS,
        PLANS,
        DIAGNOSES,
        SEGMENT_RECORDS,
        RELATIONS,
        CAPACITY,
        APPOINTMENT_SLOTS,
        POPULATION,
        DECISIONS,
    )
}
