"""Logs for tests in either database, and what somebody could do to them with the database and without the service."""

import sqlalchemy as sa

from serving.records.database import Place
from serving.records.entries import Actor, AuditEvent, DecisionEntry
from serving.records.schema import CHAINED, METADATA
from serving.records.sessions import METADATA as SESSIONS
from serving.records.sign_ins import METADATA as SIGN_INS

CLIENT, OTHER = "a" * 32, "b" * 32
ACTOR = Actor("coordinator", "coordinator", "Esimerkki", "asiakasohjaus_keski", "session")


def event(name="answer", outcome="ok", client=CLIENT, answer="answer-1", **more):
    return AuditEvent(
        name, outcome, ACTOR, "request-1", "care_relationship", client_id=client, answer_id=answer, **more
    )


def decision(key="key-1", choice="accept", segment=None, reason=""):
    return DecisionEntry(
        key, ACTOR, CLIENT, "answer-1", "client_guidance", choice, "network", segment, reason, 4.5, "model 3"
    )


def filled(records, count=5):
    for number in range(count):
        records.audit(event(answer=f"answer-{number}"))


def raw(place: Place) -> sa.Engine:
    """The database as its administrator opens it: no rules of ours."""
    if place.url is None:
        return sa.create_engine(f"sqlite:///{place.file}", poolclass=sa.NullPool)
    writable = {"options": "-c default_transaction_read_only=off"}
    return sa.create_engine(place.url, poolclass=sa.NullPool, connect_args=writable)


def run(place: Place, *statements: str) -> None:
    """Statements as the administrator."""
    with raw(place).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def tamper(place: Place, *statements: str) -> None:
    """Statements of somebody who first takes the triggers away."""
    run(place, *(line for table in (*CHAINED, METADATA.tables["removed_entries"]) for line in _freed(place, table)))
    run(place, *statements)


def refuse_inserts(place: Place, table: str) -> None:
    """A database that cannot take a row any more."""
    if place.url is None:
        run(place, f"CREATE TRIGGER full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
        return
    run(
        place,
        "CREATE OR REPLACE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'disk is full'; END $$",
        f"CREATE TRIGGER is_full BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION disk_full()",
    )


def empty(place: Place) -> None:
    """Remove our tables from a server that the next test uses too."""
    names = ", ".join(("alembic_version", "elsewhere", *METADATA.tables, *SESSIONS.tables, *SIGN_INS.tables))
    run(place, f"DROP TABLE IF EXISTS {names} CASCADE")


def _freed(place: Place, table: sa.Table) -> list[str]:
    if place.url is not None:
        return [f"ALTER TABLE {table.name} DISABLE TRIGGER USER"]
    return [f"DROP TRIGGER IF EXISTS {table.name}_no_{act}" for act in ("update", "delete")]
