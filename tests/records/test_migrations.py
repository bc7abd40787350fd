"""A database of the previous release is migrated with its entries, and its chains go on; both databases."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from serving.records.chain.chained import verify_table
from serving.records.database import Place, migrate, open_logs
from serving.records.databases.options import WRITER
from serving.records.logs import Records
from serving.records.schema import CHAINED, METADATA
from tests.records.places import decision, event, run

PREVIOUS = "0002"
ENTRIES = json.loads(Path(__file__).with_name("previous_release.json").read_text(encoding="utf-8"))
"""Rows that the previous release itself wrote: table, columns, and the hashes of that release."""
OLD = tuple(table for table in CHAINED if table.name in ENTRIES)
NEW = tuple(table for table in CHAINED if table.name not in ENTRIES)


@pytest.fixture
def old(place: Place) -> Place:
    """The previous release's tables with its entries."""
    place.folder.mkdir(exist_ok=True)
    engine = place.engine()
    with engine.connect().execution_options(**WRITER) as connection:
        migrate(connection, PREVIOUS)
        for table in OLD:
            connection.execute(table.insert(), ENTRIES[table.name])
        connection.commit()
    engine.dispose()
    return place


def test_a_database_of_the_previous_release_keeps_its_entries_and_goes_on(old, clock):
    records = Records(old, clock)
    assert len(OLD) == len(ENTRIES)
    for table in OLD:
        result = verify_table(records.engine, table)
        assert (result.entries, result.first_bad) == (len(ENTRIES[table.name]), None)
        assert result.head.hash == ENTRIES[table.name][-1]["hash"]
    assert records.audit(event()) == len(ENTRIES["audit_log"]) + 1
    records.decide(decision(key="new"), event("decision"))
    assert [verify_table(records.engine, table).first_bad for table in CHAINED] == [None] * len(CHAINED)
    records.close()


def test_a_migrated_database_is_the_same_as_a_new_one(old):
    engine = open_logs(old)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


@pytest.mark.parametrize("table", CHAINED, ids=lambda table: table.name)
def test_a_migrated_database_still_refuses_changes(old, table):
    engine = open_logs(old)
    if table in NEW:  # the previous release wrote nothing there
        with engine.begin() as connection:
            row = {column.name: 1 if isinstance(column.type, sa.Integer) else "x" for column in table.columns}
            connection.execute(table.insert(), [row])
    engine.dispose()
    for act in (f"DELETE FROM {table.name}", f"UPDATE {table.name} SET hash = 'y'"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            run(old, act)


@pytest.mark.parametrize("place", ["postgresql"], indirect=True)
def test_nobody_empties_a_table_at_one_stroke(old):
    open_logs(old).dispose()
    for table in (*(table.name for table in CHAINED), "removed_entries"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            run(old, f"TRUNCATE {table}")


def test_migrating_twice_changes_nothing(old):
    open_logs(old).dispose()
    engine = open_logs(old)
    assert [verify_table(engine, table).first_bad for table in CHAINED] == [None] * len(CHAINED)
    engine.dispose()
