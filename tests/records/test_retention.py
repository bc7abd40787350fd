"""Months are closed and removed: content goes, hashes and signed statements stay, and the chain still verifies."""

from datetime import UTC, datetime

import pytest

from configs.errors import ConfigError, DataError
from configs.loader import validate_config
from models.chain import Checkpoint
from serving import retain as command
from serving.records.database import Place
from serving.records.databases.settings import RecordsSettings, RetentionSettings
from serving.records.entries import AuditEvent
from serving.records.keeping.removing import close_months, remove_due
from serving.records.keeping.retaining import retain
from serving.records.keeping.segments import Stored, closings
from serving.records.logs import Records, Wanted
from serving.records.opening import witness_of
from serving.records.schema import AUDIT_LOG, CHAINED, DECISION_LOG
from tests.records.places import ACTOR, CLIENT, decision, event, tamper
from tests.serving.serving_parts import settings as serving_settings

HALF_A_YEAR = RetentionSettings(client=6, planning=6, oversight=6)


def day(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def served(place: Place, tmp_path, monkeypatch):
    """Settings whose logs lie at `place`; entries are kept for half a year."""
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    if place.url is not None:
        monkeypatch.setenv("LUOTAIN_RECORDS_URL", place.url.render_as_string(hide_password=False))
    return serving_settings(records=RecordsSettings(retention=HALF_A_YEAR))


def written(place, clock, *days):
    """An answer and a decision about it on each day."""
    records = Records(place, clock, keep=HALF_A_YEAR)
    for number, one in enumerate(days):
        clock.now = day(one)
        records.audit(event(answer=f"answer-{number}"))
        records.decide(decision(key=f"key-{number}"), event("decision"))
    return records


def bad(records, served):
    witness = witness_of(served)
    return [witness.verified(records.engine, table).first_bad for table in (AUDIT_LOG, DECISION_LOG)]


@pytest.mark.parametrize(
    "times,                                                          months",
    [
        ("2026-01-05 2026-01-20 2026-02-03", [("2026-01", 1, 2), ("2026-02", 3, 3)]),
        ("2026-01-05 2026-03-03 2026-02-20 2026-03-04", [("2026-01", 1, 1), ("2026-03", 2, 4)]),  # the clock went back
        ("2026-03-05 2026-04-02", [("2026-03", 1, 1)]),  # this month goes on
        ("2026-04-02", []),
    ],
)
def test_F17_a_month_is_a_run_of_numbers_whatever_the_clock_did(times, months):
    stored = [Stored(seq, f"{seq:064}", f"{one}T10:00:00.000Z", {}) for seq, one in enumerate(times.split(), start=1)]
    found = closings(stored, "2026-04", HALF_A_YEAR, "audit_log")
    assert [(one.month, one.first, one.last) for one in found] == months


def test_a_month_is_kept_for_the_longest_that_its_entries_or_the_settings_ask():
    def due(keep, **entry):
        stored = [Stored(1, "0" * 64, "2026-01-31T10:00:00.000Z", entry)]
        return closings(stored, "2026-04", keep, "audit_log")[0].keep_until

    assert due(HALF_A_YEAR) == "2026-07-31"
    assert due(HALF_A_YEAR, keep_until="2038-01-31") == "2038-01-31"  # as it was promised then
    assert due(RetentionSettings(), keep_until="2026-07-31", retention="client") == "2038-01-31"  # as it is now
    assert due(RetentionSettings(oversight=12), retention="oversight") == "2027-01-31"


def test_L11_removed_months_leave_a_chain_that_verifies_and_goes_on(place, clock, served):
    records = written(place, clock, "2026-01-05", "2026-01-20", "2026-02-03", "2026-06-01")
    done = {one.log: one for one in retain(served, lambda: day("2026-08-02"))}
    assert done["audit_log"].closed == ("2026-01", "2026-02", "2026-06")
    assert (done["audit_log"].removed, done["audit_log"].entries) == (("2026-01",), 4)  # February is due on 4 August
    assert (done["decision_log"].removed, done["decision_log"].entries) == (("2026-01",), 2)
    assert bad(records, served) == [None, None]
    clock.now = day("2026-08-03")
    records.audit(event())
    again = {one.log: one for one in retain(served, lambda: day("2026-08-10"))}
    assert (again["audit_log"].removed, again["audit_log"].entries) == (("2026-02",), 2)
    assert bad(records, served) == [None, None]
    result = witness_of(served).verified(records.engine, AUDIT_LOG)
    assert (result.removed, result.entries, result.head.seq) == (6, 5, 11)
    records.close()


def test_the_run_is_an_entry_written_before_anything_goes(place, clock, served):
    records = written(place, clock, "2026-01-05", "2026-06-01")
    retain(served, lambda: day("2026-08-02"))
    (entry,) = records.page(AUDIT_LOG, Wanted({"event": "retention"}), 1, 5).entries
    removed = entry["detail"]["removed"]
    assert set(removed) == {table.name for table in CHAINED}
    assert {log: months for log, months in removed.items() if months} == {
        log: ["2026-01"] for log in ("audit_log", "decision_log")
    }
    assert (entry["actor_id"], entry["retention"]) == ("retention", "oversight")
    records.close()


def test_P10_nothing_of_a_removed_entry_is_left_in_the_database(place, clock, served):
    clock.now = day("2026-01-05")
    records = Records(place, clock, keep=HALF_A_YEAR)
    secret = "c0ffee" * 5 + "aa"
    records.audit(AuditEvent("answer", "ok", ACTOR, "request-1", "care_relationship", client_id=secret))
    clock.now = day("2026-06-01")
    records.audit(event())
    retain(served, lambda: day("2026-08-02"))
    assert [one["client_id"] for one in records.page(AUDIT_LOG, Wanted(), 1, 9).entries] == [None, CLIENT]
    records.close()
    if place.url is None:
        assert not [file for file in place.folder.iterdir() if secret.encode() in file.read_bytes()]


def test_L11_a_kept_hash_that_was_changed_is_named(place, clock, served):
    records = written(place, clock, "2026-01-05", "2026-06-01")
    retain(served, lambda: day("2026-08-02"))
    tamper(place, f"UPDATE removed_entries SET hash = '{'0' * 64}' WHERE log = 'audit_log' AND seq = 2")
    assert bad(records, served)[0] in (1, 2)  # the month that it lies in
    records.close()


def test_L11_an_entry_goes_only_when_its_hash_is_kept(place, clock, served):
    import sqlalchemy as sa

    from tests.records.places import run

    records = written(place, clock, "2026-01-05")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        run(place, "DELETE FROM audit_log WHERE seq = 1")
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        run(place, f"INSERT INTO removed_entries VALUES ('audit_log', 1, '{'0' * 64}')",
            "DELETE FROM audit_log WHERE seq = 1")  # fmt: skip
    records.close()


def test_L11_a_run_that_died_after_its_statement_is_finished_by_the_next(place, clock, served, monkeypatch):
    records = written(place, clock, "2026-01-05", "2026-06-01")
    witness = witness_of(served)
    close_months(records.engine, AUDIT_LOG, witness, HALF_A_YEAR, day("2026-08-02"))
    with monkeypatch.context() as dying:
        dying.setattr("serving.records.keeping.removing.finish_removals", lambda *_: None)
        remove_due(records.engine, AUDIT_LOG, witness, day("2026-08-02"))
    assert bad(records, served)[0] is None  # stated, and the entries are still there
    remove_due(records.engine, AUDIT_LOG, witness, day("2026-08-02"))
    result = witness.verified(records.engine, AUDIT_LOG)
    assert (result.first_bad, result.removed) == (None, 2)
    records.close()


def test_nothing_is_removed_from_a_broken_log(place, clock, served):
    records = written(place, clock, "2026-01-05", "2026-06-01")
    tamper(place, "UPDATE decision_log SET choice = 'change' WHERE seq = 1")
    with pytest.raises(DataError, match="decision_log: the chain is broken at entry 1"):
        retain(served, lambda: day("2026-08-02"))
    assert records.page(AUDIT_LOG, Wanted(), 1, 9).total == 4
    records.close()


def test_F17_a_clock_that_leapt_ahead_removes_nothing(place, clock, served):
    records = written(place, clock, "2026-01-05", "2026-06-01")
    with pytest.raises(DataError, match="Check the clock"):
        retain(served, lambda: day("2040-08-02"))
    assert records.page(AUDIT_LOG, Wanted(), 1, 9).total == 4
    assert {one.log: one.entries for one in retain(served, lambda: day("2040-08-02"), trusted=True)}["audit_log"] == 4
    records.close()


@pytest.mark.parametrize("kind", ["client", "planning", "oversight"])
def test_logs_are_kept_for_six_months_at_least(kind):
    with pytest.raises(ConfigError, match=f"`retention.{kind}` is 5 months"):
        validate_config({"retention": {kind: 5}}, RecordsSettings, "serving.yaml")


def test_the_command_says_what_it_did(clock, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    assert command.main([]) == 3
    (tmp_path / "records").mkdir()
    clock.now = datetime.now(UTC)
    Records(tmp_path / "records", clock).audit(event())
    capsys.readouterr()
    assert command.main([]) == 0
    assert "audit_log: no month to close; nothing is due" in capsys.readouterr().out


def test_a_later_head_kept_by_the_auditor_shows_a_rewritten_log(place, clock, served):
    records = written(place, clock, "2026-01-05")
    assert witness_of(served).verified(records.engine, AUDIT_LOG, Checkpoint(2, "0" * 64)).first_bad == 2
    records.close()
