"""The data contract: thirteen canonical tables, column by column.

Everything that knows a column's type, unit or allowed values reads it here: the pandera schemas, the SQL checks of
the ingest, the kernel's clocks and `docs/data-contract.md`.  Times are wall-clock Europe/Helsinki, to the second.
Intervals are half-open, [start, end).  Every date carries the clock on which it became known.
"""

from features.tables.assessed import ASSESSMENTS, DECISIONS, DIAGNOSES, PLANS, REQUESTS, SEGMENT_RECORDS
from features.tables.columns import (
    CHANNELS,
    PATH_PHASES,
    RESPONDENTS,
    SECTORS,
    STATUSES,
    URGENCIES,
    Column,
    Kind,
    Table,
)
from features.tables.people import CONTACTS, EPISODES, RELATIONS, RESIDENTS
from features.tables.supply import APPOINTMENT_SLOTS, CAPACITY, POPULATION

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

__all__ = [
    "CHANNELS",
    "PATH_PHASES",
    "RESPONDENTS",
    "SECTORS",
    "STATUSES",
    "TABLES",
    "URGENCIES",
    "Column",
    "Kind",
    "Table",
]
