"""Whatever somebody with the database does to a log is found, and the first bad entry is named; in both databases."""

import json

import pytest

from configs.errors import DataError
from serving import rotate_key, verify_log
from serving.records.chain.chained import verify_table
from serving.records.databases.settings import URL_VARIABLE
from serving.records.keeping.keys import checkpoint_key, rotate
from serving.records.logs import Records, Wanted
from serving.records.schema import AUDIT_LOG, DECISION_LOG
from tests.counts import count
from tests.records.long_log import fill
from tests.records.places import decision, empty, event, filled, tamper

COLUMNS = "seq, time, event, outcome, actor_id, role, client_id, answer_id, entry, prev_hash, hash"


def first_bad(records):
    return verify_table(records.engine, AUDIT_LOG).first_bad


@pytest.mark.parametrize(
    "what,          act,                                                                                 first",
    [
        ("the text", "UPDATE audit_log SET entry = replace(entry, 'care_relationship', 'role') WHERE seq = 3", 3),
        ("a space", "UPDATE audit_log SET entry = replace(entry, '\",\"', '\", \"') WHERE seq = 3", 3),
        ("a copy", "UPDATE audit_log SET client_id = 'c' WHERE seq = 2", 2),
        ("no JSON", "UPDATE audit_log SET entry = 'x' WHERE seq = 4", 4),
        ("no object", "UPDATE audit_log SET entry = '7' WHERE seq = 4", 4),
        ("its hash", "UPDATE audit_log SET hash = 'x' WHERE seq = 2", 2),
        ("the hash before", "UPDATE audit_log SET prev_hash = 'x' WHERE seq = 5", 5),
    ],
)
def test_L1_an_edited_entry_is_named(records, place, what, act, first):
    filled(records)
    tamper(place, act)
    assert first_bad(records) == first, what


@pytest.mark.parametrize("gone, first", [("seq = 1", 1), ("seq = 3", 3), ("seq IN (2, 3)", 2)])
def test_L2_a_deleted_entry_is_named(records, place, gone, first):
    filled(records)
    tamper(place, f"DELETE FROM audit_log WHERE {gone}")
    assert first_bad(records) == first


def test_L2_a_deleted_entry_whose_hash_is_kept_is_named_all_the_same(records, place, witness):
    """What retention does, but without its signed statement."""
    filled(records)
    tamper(
        place,
        "INSERT INTO removed_entries SELECT 'audit_log', seq, hash FROM audit_log WHERE seq <= 2",
        "DELETE FROM audit_log WHERE seq <= 2",
    )
    assert witness.verified(records.engine, AUDIT_LOG).first_bad == 1


def test_L3_a_cut_tail_is_named_by_the_checkpoint(records, place, witness):
    filled(records)
    witness.note_heads(records)
    tamper(place, "DELETE FROM audit_log WHERE seq > 3")
    assert first_bad(records) is None  # the chain alone does not show it
    assert witness.verified(records.engine, AUDIT_LOG).first_bad == 4


def test_L3_a_log_that_is_gone_altogether_is_named(records, place, witness):
    filled(records)
    witness.note_heads(records)
    tamper(place, "DELETE FROM audit_log")
    assert witness.verified(records.engine, AUDIT_LOG).first_bad == 1


def test_L4_entries_in_another_order_are_named(records, place):
    filled(records)
    tamper(place, "UPDATE audit_log SET seq = seq + 100 WHERE seq IN (2, 3)",
           "UPDATE audit_log SET seq = CASE seq WHEN 102 THEN 3 ELSE 2 END WHERE seq > 100")  # fmt: skip
    assert first_bad(records) == 2


def test_L5_an_inserted_entry_is_named(records, place):
    filled(records)
    copied = COLUMNS.replace("seq", "6", 1).replace("prev_hash, hash", "hash, 'x'")
    tamper(place, f"INSERT INTO audit_log ({COLUMNS}) SELECT {copied} FROM audit_log WHERE seq = 5")
    assert first_bad(records) == 6


def test_L5_an_entry_inserted_in_the_middle_is_named(records, place):
    filled(records)
    copied = COLUMNS.replace("seq", "3", 1).replace("prev_hash, hash", "hash, 'x'")
    tamper(
        place,
        "UPDATE audit_log SET seq = seq + 100 WHERE seq >= 3",
        "UPDATE audit_log SET seq = seq - 99 WHERE seq > 100",
        f"INSERT INTO audit_log ({COLUMNS}) SELECT {copied} FROM audit_log WHERE seq = 2",
    )
    assert first_bad(records) == 3


def test_L6_a_log_rewritten_as_a_whole_is_named_by_the_checkpoint(records, place, clock, witness):
    filled(records)
    witness.note_heads(records)
    records.close()
    rewritten(place)
    again = Records(place, clock)
    filled(again)  # the same entries again, with other ids and hashes: a chain that holds
    assert first_bad(again) is None
    assert witness.verified(again.engine, AUDIT_LOG).first_bad == 5
    again.close()


def rewritten(place):
    if place.url is None:
        place.file.unlink()
    else:
        empty(place)


def test_L7_a_doubled_number_is_named(records, place):
    filled(records)
    tamper(
        place,
        "CREATE TABLE loose AS SELECT * FROM audit_log",
        "DROP TABLE audit_log",
        "ALTER TABLE loose RENAME TO audit_log",
        f"INSERT INTO audit_log ({COLUMNS}) SELECT {COLUMNS} FROM audit_log WHERE seq = 3",
    )
    assert first_bad(records) == 3


def test_decisions_are_chained_too(records, place):
    for number in range(3):
        records.decide(decision(key=f"key-{number}"), event("decision"))
    tamper(place, "UPDATE decision_log SET choice = 'change' WHERE seq = 2")
    assert verify_table(records.engine, DECISION_LOG).first_bad == 2


@pytest.mark.parametrize("change", [('"seq": 5', '"seq": 4'), ('"log": "audit_log"', '"log": "decision_log"')])
def test_L6_a_changed_checkpoint_is_refused(records, witness, change):
    filled(records)
    witness.note_heads(records)
    file = witness.folder / "audit_log.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(DataError, match="Line 1 of the checkpoints"):
        witness.notes("audit_log")


def test_L6_a_checkpoint_of_another_log_is_no_checkpoint_of_this_one(records, witness):
    filled(records)
    records.decide(decision(), event("decision"))
    witness.note_heads(records)
    (witness.folder / "audit_log.jsonl").write_bytes((witness.folder / "decision_log.jsonl").read_bytes())
    with pytest.raises(DataError):
        witness.notes("audit_log")


def test_a_checkpoint_whose_writer_died_is_left_out_and_the_next_one_counts(records, witness):
    filled(records)
    witness.note_heads(records)
    file = witness.folder / "audit_log.jsonl"
    file.write_bytes(file.read_bytes() + b'{"seq": 6, "ha')
    filled(records, 2)
    witness.note_heads(records)
    assert [point.seq for point in witness.notes("audit_log")] == [5, 7]


def test_a_checkpoint_is_written_every_so_many_entries_and_never_stops_the_log(place, clock, witness, monkeypatch):
    monkeypatch.setattr("serving.records.chain.checkpoints.EVERY", few := 10)
    witness.folder.parent.mkdir(parents=True)
    witness.folder.write_text("a file where the folder should be", encoding="utf-8")
    records = Records(place, clock, witness.after)
    filled(records, few)
    witness.folder.unlink()
    filled(records, few)
    records.close()
    assert [point.seq for point in witness.notes("audit_log")] == [2 * few]


def test_a_quiet_log_is_noted_after_a_minute(place, clock, witness, monkeypatch):
    records = Records(place, clock, witness.after)
    filled(records, 3)
    assert witness.notes("audit_log") == ()
    monkeypatch.setattr("serving.records.chain.witness.NOTE_SECONDS", 60)
    witness._due = 0.0  # a minute has gone by
    filled(records, 1)
    filled(records, 1)
    records.close()
    assert [point.seq for point in witness.notes("audit_log")] == [4]


def test_L13_the_checkpoint_key_can_be_changed(records, place, witness):
    filled(records)
    witness.note_heads(records)
    old, new = rotate(witness.keys)
    filled(records)
    witness.note_heads(records)
    lines = (witness.folder / "audit_log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["key"] for line in lines] == [old, new]
    assert witness.verified(records.engine, AUDIT_LOG).first_bad is None
    tamper(place, "DELETE FROM audit_log WHERE seq > 4")
    assert witness.verified(records.engine, AUDIT_LOG).first_bad == 5


def test_L13_what_a_key_signed_counts_no_more_when_its_public_half_is_taken_away(records, witness):
    filled(records)
    witness.note_heads(records)
    old, _new = rotate(witness.keys)
    (witness.keys / "checkpoints" / "trusted" / f"{old}.pem").unlink()
    with pytest.raises(DataError, match="not signed with a trusted key"):
        witness.notes("audit_log")


def test_L13_the_private_half_of_the_old_key_is_gone(witness):
    first = checkpoint_key(witness.keys).private_bytes_raw()
    rotate(witness.keys)
    kept = [file.read_bytes() for file in witness.keys.rglob("*") if file.is_file()]
    assert checkpoint_key(witness.keys).private_bytes_raw() != first
    assert sum(b"PRIVATE" in content for content in kept) == 1


def test_L13_the_command_rotates_and_says_so_in_the_log(tmp_path, clock, monkeypatch, capsys):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    records = Records(tmp_path / "records", clock)
    filled(records)
    assert rotate_key.main([]) == 0
    assert "signs now" in capsys.readouterr().out
    (entry,) = records.page(AUDIT_LOG, Wanted({"event": "checkpoint_key"}), 1, 1).entries
    lines = (tmp_path / "checkpoints" / "audit_log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["key"] for line in lines] == [entry["detail"]["old"], entry["detail"]["new"]]
    assert verify_log.main([]) == 0
    records.close()


@pytest.fixture
def kept_file(place, tmp_path, monkeypatch):
    """The command over the logs at `place`."""
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    if place.url is not None:
        monkeypatch.setenv(URL_VARIABLE, place.url.render_as_string(hide_password=False))
    return tmp_path / "seen.json"


def test_verify_log_says_whole_or_names_the_entry(records, place, kept_file, capsys):
    filled(records)
    records.decide(decision(), event("decision"))
    assert verify_log.main([]) == 0
    assert "audit_log: 6 entries, chain whole" in capsys.readouterr().out
    tamper(place, "DELETE FROM audit_log WHERE seq = 2")
    assert verify_log.main([]) == 1
    told = capsys.readouterr()
    assert "audit_log: 5 entries, chain BROKEN at entry 2" in told.out
    assert "audit_log entry 2" in told.err


def test_L6_the_heads_that_an_auditor_keeps_show_a_rewritten_log(records, place, clock, kept_file, capsys):
    filled(records)
    assert verify_log.main(["--seen", str(kept_file)]) == 0
    filled(records, 1)
    assert verify_log.main(["--seen", str(kept_file)]) == 0  # it went on
    records.close()
    rewritten(place)
    again = Records(place, clock)
    filled(again, 9)
    again.close()
    assert verify_log.main(["--seen", str(kept_file)]) == 1
    assert "audit_log entry 6" in capsys.readouterr().err
    kept_file.write_text("[]", encoding="utf-8")
    assert verify_log.main(["--seen", str(kept_file)]) == 3


def test_verify_log_without_a_log(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    assert verify_log.main([]) == 3
    assert "no log yet" in capsys.readouterr().err


@pytest.mark.proof("verified_entries")
def test_L12_a_long_log_is_verified_batch_by_batch(records, place):
    """The time for a million is `make bench-log`; here the number and the place of the one bad entry."""
    long = count("verified_entries", small=3_000, full=1_000_000)
    fill(records, long)
    result = verify_table(records.engine, AUDIT_LOG)
    assert (result.entries, result.first_bad, result.head.seq) == (long, None, long)
    tamper(place, f"UPDATE audit_log SET role = 'x' WHERE seq = {long - 1}")
    assert first_bad(records) == long - 1
