"""A client record system's database, as configs/sources/sql reads it: the same rows in SQLite and PostgreSQL."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from features.sources.fetching.cells import HERE
from tests.features.deliveries.extracts import ANNA, BERTTA, CECILIA

METADATA = sa.MetaData()
TIME = sa.DateTime().with_variant(sqlite.DATETIME(truncate_microseconds=True), "sqlite")
STAMP = sa.DateTime(timezone=True).with_variant(sqlite.DATETIME(truncate_microseconds=True), "sqlite")
"""PostgreSQL keeps the zone; SQLite keeps text, here the wall clock of the county."""
PERSON = sa.Table(
    "person",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_number", sa.String(11)),
    sa.Column("born_on", sa.Date),
    sa.Column("sex_code", sa.SmallInteger),
    sa.Column("language_code", sa.String(3)),
    sa.Column("municipality", sa.String(3)),
    sa.Column("resident_from", sa.Date),
    sa.Column("resident_until", sa.Date),
    sa.Column("died_on", sa.Date),
    sa.Column("protected_address", sa.Boolean),
    sa.Column("changed_at", STAMP),
)
STAFF = sa.Table(
    "staff", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("staff_number", sa.String(20))
)
UNIT = sa.Table("unit", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(40)))
VISIT = sa.Table(
    "visit",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.Integer, sa.ForeignKey("person.id")),
    sa.Column("started_at", TIME),
    sa.Column("entered_at", STAMP),
    sa.Column("service_code", sa.String(5)),
    sa.Column("minutes", sa.Numeric(6, 1)),
    sa.Column("staff_id", sa.Integer),
    sa.Column("unit_id", sa.Integer),
)
LOAD_LOG = sa.Table("load_log", METADATA, sa.Column("loaded_until", sa.Date))

PEOPLE = [
    {"id": n, "person_number": number, "born_on": date(1950, 1, 1), "sex_code": 2, "language_code": language}
    | {"municipality": "901", "resident_from": date(2020, 1, 1), "resident_until": None, "died_on": None}
    | {"protected_address": n == 3, "changed_at": datetime(2020, 1, 2, 6, 0, tzinfo=UTC)}
    for n, number, language in ((1, ANNA, "fi"), (2, BERTTA, "sv"), (3, CECILIA, "se"))
]


def visit(number: int, person: int, started: datetime, service: str = "T11", **more: Any) -> dict[str, Any]:
    """One visit that was entered when it began."""
    plain = {"id": number, "person_id": person, "started_at": started, "service_code": service}
    return {**plain, "entered_at": started.replace(tzinfo=HERE), "minutes": None, "staff_id": 1, "unit_id": 1, **more}


VISITS = [
    visit(1, 1, datetime(2024, 3, 1, 10), entered_at=datetime(2024, 3, 1, 22, 30, tzinfo=UTC), minutes=Decimal("12.5")),
    visit(2, 1, datetime(2024, 5, 2, 9, 15), "T40", unit_id=None),
    visit(3, 2, datetime(2024, 6, 3, 8, 0, 0, 654321), "T99", minutes=Decimal(30), staff_id=None),
    visit(4, 2, datetime(2024, 6, 4, 8), "TEST"),
]


def fill(engine: sa.Engine) -> None:
    """Make the tables anew and fill them."""
    METADATA.drop_all(engine)
    METADATA.create_all(engine)
    with engine.begin() as connection:
        put(connection, PERSON, PEOPLE)
        put(connection, STAFF, [{"id": 1, "staff_number": "L-77"}])
        put(connection, UNIT, [{"id": 1, "name": "Keskusta: vastaanotto 12:30"}])
        put(connection, VISIT, VISITS)
        put(connection, LOAD_LOG, [{"loaded_until": date(2024, 6, 30)}])


def put(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows; SQLite gets the wall clock of times that have a zone."""
    if connection.dialect.name == "sqlite":
        rows = [{name: _wall(value) for name, value in row.items()} for row in rows]
    connection.execute(sa.insert(table), rows)


def _wall(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(HERE).replace(tzinfo=None)
    return value
