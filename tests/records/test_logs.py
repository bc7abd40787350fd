"""The decision log and the audit log: append-only, chained, verifiable, and unwritable means unavailable."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from serving.pages.services import NotAllowed, Unavailable
from serving.records.chain.chained import verify_table
from serving.records.entries import keep_until
from serving.records.logs import Records, Wanted
from serving.records.schema import AUDIT_LOG, METADATA
from tests.records.places import CLIENT, OTHER, decision, event, filled, refuse_inserts, run


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
    assert keep_until(datetime(2028, 2, 29).date(), 12).isoformat() == "2029-02-28"


@pytest.mark.parametrize("act", ["UPDATE audit_log SET role = 'x'", "DELETE FROM audit_log WHERE seq = 1"])
def test_the_log_refuses_to_be_changed(records, place, act):
    filled(records)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        run(place, act)


def test_a_decision_and_its_audit_entry_are_written_together_or_not_at_all(records, place):
    filled(records, 1)
    refuse_inserts(place, "audit_log")
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


def test_opening_again_keeps_what_is_there(records, place, clock):
    filled(records, 2)
    records.close()
    again = Records(place, clock)
    assert again.audit(event()) == 3
    again.close()


def test_a_log_that_could_not_be_opened_is_tried_again(tmp_path, clock):
    (tmp_path / "records").write_text("a file where the folder should be", encoding="utf-8")
    records = Records(tmp_path / "records", clock)
    with pytest.raises(Unavailable, match="cannot be opened"):
        records.audit(event())
    (tmp_path / "records").unlink()
    assert records.audit(event()) == 1
    records.close()
