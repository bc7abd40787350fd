"""One run of retention over every log: months are closed, what is due is removed, and the run is an entry itself."""

from datetime import datetime

from sqlalchemy import Table

from configs.errors import DataError
from serving.records.chain.witness import Witness
from serving.records.entries import Actor, AuditEvent
from serving.records.keeping.removing import Kept, close_months, newest_time, purge_pages, remove_due
from serving.records.keeping.segments import due
from serving.records.logs import Clock, Records, new_id
from serving.records.opening import open_records, witness_of
from serving.records.schema import CHAINED
from serving.settings import ServingSettings

MAX_SILENT_DAYS = 92
"""A clock that is further ahead of the newest entry than this is not believed."""


def retain(settings: ServingSettings, clock: Clock, trusted: bool = False) -> tuple[Kept, ...]:
    """Close and remove.  Raises DataError, and removes nothing, when a log is broken or the clock cannot be right."""
    records, witness = open_records(settings, clock), witness_of(settings)
    try:
        _refuse_wrong_clock(records, trusted)
        keep, engine = settings.records.retention, records.engine
        for table in CHAINED:
            _refuse_broken(witness, records, table)
        closed = {table.name: close_months(engine, table, witness, keep, clock()) for table in CHAINED}
        _audit(records, settings, witness, closed)
        removed = {table.name: remove_due(engine, table, witness, clock()) for table in CHAINED}
        if any(count for _, count in removed.values()):
            purge_pages(engine)
        witness.note_heads(records)
    finally:
        records.close()
    return tuple(Kept(name, tuple(closed[name]), tuple(removed[name][0]), removed[name][1]) for name in closed)


def _audit(records: Records, settings: ServingSettings, witness: Witness, closed: dict[str, list[str]]) -> None:
    """The entry that says what is closed and what goes."""
    today = records.now().date()
    going = {name: [one.month for one in due(witness.statements(name), today)] for name in closed}
    actor = Actor("retention", "system", settings.county, "", "none")
    event = AuditEvent("retention", "ok", actor, new_id(), "retention", detail={"closed": closed, "removed": going})
    records.audit(event)


def _refuse_wrong_clock(records: Records, trusted: bool) -> None:
    newest = newest_time(records.engine)
    if not newest or trusted:
        return
    silent = (records.now() - datetime.fromisoformat(newest)).days
    if silent > MAX_SILENT_DAYS:
        raise DataError(
            f"The newest entry is {silent} days old by this machine's clock, so nothing is removed. Check the clock; "
            "if it is right, add `--clock-is-right`."
        )


def _refuse_broken(witness: Witness, records: Records, table: Table) -> None:
    bad = witness.verified(records.engine, table).first_bad
    if bad is not None:
        raise DataError(
            f"{table.name}: the chain is broken at entry {bad}, so nothing is removed. "
            "Type `python -m serving.verify_log` and call the person in charge of logs."
        )
