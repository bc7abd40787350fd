"""The logs as a running worker watches them: from the last verified entry on, and as a whole now and then."""

import json
import os

import pytest

from configs.errors import DataError
from serving import verify_log
from serving.records.chain.chained import verify_after
from serving.records.schema import AUDIT_LOG
from serving.records.verifying import watch as watching
from serving.records.verifying.apart import heard, told
from serving.records.verifying.watch import ChainWatch
from tests.records.places import filled, tamper

EARLIER = "UPDATE audit_log SET entry = replace(entry, 'care_relationship', 'role') WHERE seq = 2"


class Apart:
    """The verifier in a process of its own, counted; here it runs in the caller's thread."""

    def __init__(self, records, witness):
        self.records, self.witness, self.times = records, witness, 0

    def __call__(self):
        self.times += 1
        return heard(told([self.witness.verified(self.records.engine, table) for table in watching.CHAINED]))


@pytest.fixture
def apart(records, witness):
    return Apart(records, witness)


@pytest.fixture
def watch(records, witness, apart):
    filled(records)
    return ChainWatch(records, witness, apart)


def seen(watch):
    found = watch.seen()[AUDIT_LOG.name]
    return found.whole.checked.seq, found.last.checked.seq, found.last.first_bad


def old(watch):
    """An hour has gone by since the last whole verification."""
    watch._whole_clock -= watching.FRESH_SECONDS + 1


def done(watch):
    """The verification apart has ended."""
    watch._begun.found.exception(30)


def test_a_log_is_read_as_a_whole_once_and_then_from_the_last_entry_on(watch, records, monkeypatch):
    assert seen(watch) == (5, 5, None)
    filled(records, 3)
    walked = []
    link = watching.verify_after

    def counted(engine, table, before, anchors):
        found = link(engine, table, before, anchors)
        walked.append(found.entries - before.entries)
        return found

    monkeypatch.setattr(watching, "verify_after", counted)
    assert seen(watch) == (5, 8, None)
    assert (sum(walked), watch.seen()[AUDIT_LOG.name].last.entries) == (3, 8)


@pytest.mark.parametrize(
    "what,        act,                                                                            first",
    [
        ("a new one", "UPDATE audit_log SET entry = replace(entry, 'role', 'rule') WHERE seq = 7", 7),
        ("the last verified one's hash", "UPDATE audit_log SET hash = 'x' WHERE seq = 5", 5),
        ("the last verified one is gone", "DELETE FROM audit_log WHERE seq = 5", 5),
        ("one between", "DELETE FROM audit_log WHERE seq = 6", 6),
    ],
)  # fmt: skip
def test_what_changes_from_the_last_verified_entry_on_is_named_at_once(watch, records, place, what, act, first):
    watch.seen()
    filled(records, 3)
    tamper(place, act)
    assert seen(watch)[2] == first, what
    assert seen(watch)[2] == first, "and it stays"


def test_L3_a_tail_that_was_cut_after_it_was_verified_is_named(watch, records, place, witness):
    watch.seen()
    filled(records, 3)
    assert seen(watch) == (5, 8, None)
    tamper(place, "DELETE FROM audit_log WHERE seq > 6")
    assert seen(watch)[2] == 8  # the last verified one is not there; the whole reading names the first


def test_L1_an_entry_that_changed_after_it_was_verified_is_found_by_every_whole_reading(watch, place, apart):
    assert seen(watch) == (5, 5, None)
    tamper(place, EARLIER)
    assert seen(watch) == (5, 5, None)  # what the page says that it does not see
    assert watch.whole(0)[AUDIT_LOG.name].whole.first_bad == 2  # the button
    assert seen(watch)[2] == 2
    assert apart.times == 0


def test_an_hour_later_the_whole_log_is_read_again_by_itself(watch, place, apart):
    watch.seen()
    tamper(place, EARLIER)
    old(watch)
    watch.seen()
    done(watch)
    assert seen(watch)[2] == 2
    assert apart.times == 1


def test_a_long_log_is_first_read_apart(watch, records, place, apart, monkeypatch):
    monkeypatch.setattr(watching, "MOST_AT_ONCE", 3)
    assert watch.seen() is None
    done(watch)
    assert seen(watch) == (5, 5, None)
    filled(records, 2)
    assert seen(watch) == (5, 7, None)
    tamper(place, EARLIER)
    watch._whole_clock -= watching.AGAIN_SECONDS + 1
    assert watch.whole(30)[AUDIT_LOG.name].whole.first_bad == 2
    assert apart.times == 2


def test_a_verifier_that_fails_is_asked_again_later_and_says_nothing_good(watch, monkeypatch):
    monkeypatch.setattr(watching, "MOST_AT_ONCE", 3)

    def fails():
        raise DataError("The verifier said nothing.")

    watch._apart = fails
    assert watch.seen() is None
    done(watch)
    assert (watch.seen(), watch._begun) == (None, None)
    watch._retry = 0.0
    assert watch.seen() is None
    assert watch._begun is not None


def test_entries_removed_after_their_time_make_the_whole_log_be_read_again(watch, records, witness, monkeypatch):
    watch.seen()
    known = watch._known[AUDIT_LOG.name]
    watch._known[AUDIT_LOG.name] = watching.replace(known, removals=("another statement",))
    watch._whole_clock = 0.0
    assert seen(watch) == (5, 5, None)
    assert watch._whole_clock > 0


def test_a_note_above_the_end_shows_a_cut_tail_at_once(watch, records, place, witness):
    watch.seen()
    before = watch.seen()[AUDIT_LOG.name].last
    filled(records, 3)
    witness.note_heads(records)
    tamper(place, "DELETE FROM audit_log WHERE seq > 6")
    assert verify_after(records.engine, AUDIT_LOG, before).first_bad is None  # the chain alone does not show it
    assert seen(watch)[2] == 7


def test_signatures_that_held_are_not_checked_again_and_a_changed_byte_is_found(records, witness, monkeypatch):
    counted = []
    from serving.records.chain import checkpoints

    signed = checkpoints.is_signed
    monkeypatch.setattr(checkpoints, "is_signed", lambda *given: counted.append(1) or signed(*given))
    for _ in range(3):
        filled(records, 1)
        witness.note_heads(records)
    assert len(witness.notes("audit_log")) == 3
    filled(records, 1)
    witness.note_heads(records)
    assert ([one.seq for one in witness.notes("audit_log")], len(counted)) == ([1, 2, 3, 4], 4)
    file = witness.folder / "audit_log.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"seq": 2', b'"seq": 5'))
    with pytest.raises(DataError, match="Line 2 of the checkpoints"):
        witness.notes("audit_log")


def test_the_command_tells_the_service_what_it_found(records, tmp_path, monkeypatch, capsys, place, witness):
    filled(records)
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    monkeypatch.setattr(os, "nice", lambda step: step)
    if place.url is not None:
        monkeypatch.setenv("LUOTAIN_RECORDS_URL", place.url.render_as_string(hide_password=False))
    assert verify_log.main(["--json"]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert heard(line)[0].checked == heard(line)[0].head
    assert json.loads(line)[0]["entries"] == 5
