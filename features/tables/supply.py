"""Tables without a person: capacity, appointment slots, population."""

from features.tables.columns import (
    CHANNELS,
    Column,
    Table,
    clock,
    common_columns,
    date,
    text,
)

CAPACITY = Table(
    "capacity",
    "unit, stage or channel in one period",
    "staffing and bed registers",
    (
        text("unit", "organisational unit"),
        text("stage", "stage of a service chain", nullable=True),
        text("channel", "channel", nullable=True, allowed=CHANNELS),
        date("period_start", "first day", "recorded_at", planned=True),
        date("period_end", "first day after", "recorded_at", planned=True),
        Column("staffed_hours", "number", "staffed working hours", nullable=True, unit="hours", low=0),
        Column("beds", "number", "staffed beds", nullable=True, unit="beds", low=0),
        Column("slots", "number", "appointment slots", nullable=True, unit="slots", low=0),
        *common_columns(),
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
        text("slot_id", "identifier of the slot in its source"),
        text("unit", "organisational unit"),
        text("profession", "profession group"),
        date("offered_at", "when the slot was opened", "recorded_at"),
        date("slot_at", "when the slot is; a planned date", "recorded_at", planned=True),
        date("taken_at", "when it was booked; empty = free", "taken_recorded_at", nullable=True),
        clock("taken_recorded_at", "the booking"),
        *common_columns(),
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
        text("municipality", "municipality code, three digits"),
        text("age_band", "age band, e.g. 75-84"),
        text("sex", "sex", allowed=("female", "male")),
        Column("year", "integer", "statistical year", unit="year", low=1900, high=2100),
        Column("persons", "number", "persons on 31 December", unit="persons", low=0),
        *common_columns(),
    ),
    key=("municipality", "age_band", "sex", "year"),
    time="year",
    has_client=False,
)
