"""The decision log and the audit log: append-only, chained, verifiable, and unwritable means unavailable."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from configs.errors import DataError
from configs.workspace import Workspace
from serving import verify_log
from serving.pages.services import NotAllowed, Unavailable
from serving.records.chained import verify_table
from serving.records.checkpoints import EVERY
from serving.records.database import LOGS_FILE, open_logs
from serving.records.entries import Actor, AuditEvent, DecisionEntry, keep_until
from serving.records.logs import Records, Wanted
from serving.records.schema import AUDIT_LOG, DECISION_LOG, METADATA
from serving.records.sessions import Sessions
from serving.records.witness import Witness

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CLIENT, OTHER = "a" * 32, "b" * 32
ACTOR = Actor("coordinator", "coordinator", "Esimerkki", "asiakasohjaus_keski", "session")


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def forward(self, **time):
        self.now += timedelta(**time)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def records(tmp_path, clock):
    opened = Records(tmp_path, clock)
    yield opened
    opened.close()


def event(name="answer", outcome="ok", client=CLIENT, answer="answer-1"):
    return AuditEvent(name, outcome, ACTOR, "request-1", "care_relationship", client_id=client, answer_id=answer)


def decision(key="key-1", choice="accept", segment=None, reason=""):
    return DecisionEntry(
        key, ACTOR, CLIENT, "answer-1", "client_guidance", choice, "network", segment, reason, 4.5, "model 3"
    )


def filled(records, count=5):
    for number in range(count):
        records.audit(event(answer=f"answer-{number}"))


def tamper(tmp_path, *statements):
    """What someone with the file and without the service could do."""
    with closing(sqlite3.connect(tmp_path / LOGS_FILE)) as file:
        for name in ("audit_log", "decision_log"):
            file.execute(f"DROP TRIGGER {name}_no_update")
            file.execute(f"DROP TRIGGER {name}_no_delete")
        for statement in statements:
            file.execute(statement)
        file.commit()


def test_entries_are_numbered_and_chained(records):
    assert [records.audit(event()), records.audit(event()), records.audit(event())] == [1, 2, 3]
    assert verify_table(records.engine, AUDIT_LOG).first_bad is None


def test_an_entry_says_who_what_why_and_how_long_it_is_kept(records):
    records.audit(event())
    (entry,) = records.page(AUDIT_LOG, Wanted(), 1, 10).entries
    assert entry["time"] == "2026-11-21T12:00:00.000Z"
    assert (entry["actor_id"], entry["role"], entry["unit"]) == ("coordinator", "coordinator", "asiakasohjaus_keski")
    assert (entry["ground"], entry["client_id"], entry["keep_until"]) == ("care_relationship", CLIENT, "2038-11-21")


def test_a_leap_day_is_kept_until_the_end_of_february():
    assert keep_until(datetime(2028, 2, 29).date()).isoformat() == "2040-02-28"


@pytest.mark.parametrize("act", ["UPDATE audit_log SET role = 'x'", "DELETE FROM audit_log WHERE seq = 1"])
def test_the_log_refuses_to_be_changed(records, tmp_path, act):
    filled(records)
    with (
        closing(sqlite3.connect(tmp_path / LOGS_FILE)) as file,
        pytest.raises(sqlite3.DatabaseError, match="append-only"),
    ):
        file.execute(act)


@pytest.mark.parametrize(
    "item,                     tampering,                                                                    first_bad",
    [
        ("L1 edited text", "UPDATE audit_log SET entry = replace(entry, 'care_relationship', 'role') WHERE seq = 3", 3),
        ("L1 edited copy", "UPDATE audit_log SET client_id = 'c' WHERE seq = 2", 2),
        ("L1 not JSON", "UPDATE audit_log SET entry = 'x' WHERE seq = 4", 4),
        ("L2 deleted middle", "DELETE FROM audit_log WHERE seq = 3", 3),
        ("L4 reordered", "UPDATE audit_log SET seq = CASE seq WHEN 2 THEN 12 ELSE 13 END WHERE seq IN (2, 3)", 2),
        (
            "L5 inserted",
            "INSERT INTO audit_log SELECT 6, time, event, outcome, actor_id, role, client_id, answer_id, entry, hash, "
            "'x' FROM audit_log WHERE seq = 5",
            6,
        ),
    ],
)
def test_L1_L2_L4_L5_the_verifier_names_the_first_bad_entry(records, tmp_path, item, tampering, first_bad):
    filled(records)
    tamper(tmp_path, tampering)
    assert verify_table(records.engine, AUDIT_LOG).first_bad == first_bad, item


@pytest.fixture
def witness(tmp_path, monkeypatch):
    return Witness(Workspace(tmp_path / "var"))


def test_L3_a_cut_tail_shows_by_the_checkpoint(records, witness, tmp_path):
    filled(records)
    witness.note_heads(records)
    tamper(tmp_path, "DELETE FROM audit_log WHERE seq > 3")
    assert verify_table(records.engine, AUDIT_LOG).first_bad is None  # the chain alone does not show it
    assert verify_table(records.engine, AUDIT_LOG, witness.notes("audit_log")).first_bad == 4


def test_L6_a_chain_rewritten_as_a_whole_shows_by_the_checkpoint(records, witness, tmp_path, clock):
    filled(records)
    witness.note_heads(records)
    records.close()
    (tmp_path / LOGS_FILE).unlink()
    filled(records)  # the same entries again, with other ids and hashes
    assert verify_table(records.engine, AUDIT_LOG).first_bad is None
    assert verify_table(records.engine, AUDIT_LOG, witness.notes("audit_log")).first_bad == 5


def test_a_changed_checkpoint_is_refused(records, witness):
    filled(records)
    witness.note_heads(records)
    file = witness.folder / "audit_log.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace('"seq": 5', '"seq": 4'), encoding="utf-8")
    with pytest.raises(DataError, match="Line 1 of the checkpoints"):
        witness.notes("audit_log")


def test_a_checkpoint_is_written_every_hundred_entries_and_never_stops_the_log(tmp_path, clock, witness):
    witness.folder.parent.mkdir()
    witness.folder.write_text("a file where the folder should be", encoding="utf-8")
    records = Records(tmp_path, clock, witness.after)
    for _ in range(EVERY):
        records.audit(event())
    witness.folder.unlink()
    filled(records, EVERY)
    records.close()
    assert [point.seq for point in witness.notes("audit_log")] == [2 * EVERY]


def test_L9_two_writers_make_one_chain(tmp_path, clock):
    logs = [Records(tmp_path, clock) for _ in range(3)]
    writers = [threading.Thread(target=filled, args=(log, 15)) for log in logs]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    result = verify_table(logs[0].engine, AUDIT_LOG)
    for log in logs:
        log.close()
    assert (result.entries, result.first_bad) == (3 * 15, None)


def test_L10_order_is_by_number_even_when_the_clock_goes_back(records, clock):
    records.audit(event(answer="first"))
    clock.forward(hours=-1)
    records.audit(event(answer="second"))
    assert [entry["answer_id"] for entry in records.page(AUDIT_LOG, Wanted(), 1, 10).entries] == ["second", "first"]
    assert verify_table(records.engine, AUDIT_LOG).first_bad is None


def test_L8_F9_a_log_that_cannot_be_written_is_unavailable(records, tmp_path):
    filled(records, 1)
    with closing(sqlite3.connect(tmp_path / LOGS_FILE)) as file:
        file.execute("CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(Unavailable, match="cannot be written"):
        records.audit(event())


def test_a_decision_and_its_audit_entry_are_written_together_or_not_at_all(records, tmp_path):
    filled(records, 1)
    with closing(sqlite3.connect(tmp_path / LOGS_FILE)) as file:
        file.execute("CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(Unavailable):
        records.decide(decision(), event("decision"))
    assert records.all_decisions() == ()


def test_W21_the_same_form_twice_is_one_decision(records):
    first = records.decide(decision(), event("decision"))
    again = records.decide(decision(), event("decision"))
    assert first == {name: value for name, value in again.items() if name in first}
    assert len(records.all_decisions()) == 1
    assert records.page(AUDIT_LOG, Wanted({"event": "decision"}), 1, 10).total == 1


def test_a_used_form_cannot_carry_another_decision(records):
    records.decide(decision(), event("decision"))
    with pytest.raises(NotAllowed, match="already used"):
        records.decide(decision(choice="change", segment="cooperative", reason="muutos"), event("decision"))


def test_a_shown_answer_is_found_only_by_who_saw_it_about_whom(records):
    records.audit(event())
    assert records.shown_answer("answer-1", "coordinator", CLIENT)["client_id"] == CLIENT
    assert records.shown_answer("answer-1", "someone else", CLIENT) is None
    assert records.shown_answer("answer-1", "coordinator", OTHER) is None
    assert records.shown_answer("answer-2", "coordinator", CLIENT) is None


def test_pages_of_the_log_are_filtered_and_newest_first(records):
    filled(records, 5)
    records.audit(event("sign_in", client=None, answer=None))
    found = records.page(AUDIT_LOG, Wanted({"event": "answer"}), 2, 2)
    assert found.total == 5
    assert [entry["answer_id"] for entry in found.entries] == ["answer-2", "answer-1"]
    assert records.values_of(AUDIT_LOG, "event") == ("answer", "sign_in")


def test_the_migrated_database_has_the_tables_that_the_code_expects(records):
    with records.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_opening_again_keeps_what_is_there(records, tmp_path, clock):
    filled(records, 2)
    records.close()
    again = Records(tmp_path, clock)
    assert again.audit(event()) == 3
    again.close()


KILLED_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from serving.records.entries import Actor, AuditEvent
from serving.records.logs import Records, Wanted
records = Records(Path(sys.argv[1]), lambda: datetime.now(UTC))
actor = Actor("a", "coordinator", "o", "u", "session")
while True:
    print(records.audit(AuditEvent("answer", "ok", actor, "r", "role")), flush=True)
"""


def test_F12_a_killed_writer_loses_no_acknowledged_entry(tmp_path):
    with subprocess.Popen([sys.executable, "-c", KILLED_WRITER, str(tmp_path)], stdout=subprocess.PIPE) as writer:
        acknowledged = [int(writer.stdout.readline()) for _ in range(20)]
        writer.kill()
        rest = [int(line) for line in writer.stdout.read().split(b"\n")[:-1] if line]
    engine = open_logs(tmp_path)
    result = verify_table(engine, AUDIT_LOG)
    engine.dispose()
    assert result.entries >= max(acknowledged + rest)
    assert result.first_bad is None


def test_verify_log_says_whole_or_names_the_entry(records, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path.parent))
    (tmp_path.parent / "records").symlink_to(tmp_path)
    filled(records)
    records.decide(decision(), event("decision"))
    assert verify_log.main([]) == 0
    assert "audit_log: 6 entries, chain whole" in capsys.readouterr().out
    tamper(tmp_path, "DELETE FROM audit_log WHERE seq = 2")
    assert verify_log.main([]) == 1
    told = capsys.readouterr()
    assert "audit_log: 5 entries, chain BROKEN at entry 2" in told.out
    assert "audit_log entry 2" in told.err


def test_verify_log_without_a_log(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    assert verify_log.main([]) == 3
    assert "no log yet" in capsys.readouterr().err


@pytest.fixture
def sessions(tmp_path, clock):
    opened = Sessions(tmp_path, idle_seconds=600, absolute_seconds=3600, clock=clock)
    yield opened
    opened.close()


def test_A26_every_session_has_its_own_token_csrf_and_handle_key(sessions):
    tokens = [sessions.start("coordinator"), sessions.start("coordinator")]
    first, second = (sessions.find(token) for token in tokens)
    assert tokens[0] != tokens[1]
    assert (first.csrf, first.handle_key) != (second.csrf, second.handle_key)


def test_A27_a_session_ends_when_idle_when_old_and_when_signed_out(sessions, clock):
    token = sessions.start("coordinator")
    for _ in range(5):
        clock.forward(seconds=599)
        assert sessions.find(token) is not None
    clock.forward(seconds=600)
    assert sessions.find(token) is None  # idle
    token = sessions.start("coordinator")
    for _ in range(6):
        clock.forward(seconds=599)
        sessions.find(token)
    clock.forward(seconds=6)
    assert sessions.find(token) is None  # 3600 s old though never idle
    token = sessions.start("coordinator")
    sessions.end(token)
    assert sessions.find(token) is None


def test_sessions_are_shared_between_workers_and_the_token_is_not_stored(sessions, tmp_path, clock):
    token = sessions.start("planner")
    other = Sessions(tmp_path, 600, 3600, clock)
    assert other.find(token).user_id == "planner"
    assert token.encode() not in (tmp_path / "sessions.sqlite").read_bytes()
    assert other.find("unknown") is None
    other.close()


def test_a_log_that_could_not_be_opened_is_tried_again(tmp_path, clock):
    (tmp_path / "records").write_text("a file where the folder should be", encoding="utf-8")
    records = Records(tmp_path / "records", clock)
    with pytest.raises(Unavailable, match="cannot be opened"):
        records.audit(event())
    (tmp_path / "records").unlink()
    assert records.audit(event()) == 1
    records.close()


def test_decisions_are_chained_too(records, tmp_path):
    for number in range(3):
        records.decide(decision(key=f"key-{number}"), event("decision"))
    tamper(tmp_path, "UPDATE decision_log SET choice = 'change' WHERE seq = 2")
    assert verify_table(records.engine, DECISION_LOG).first_bad == 2
