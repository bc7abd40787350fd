"""A page verifies what came since it looked last; what it cannot see is found by the whole verification, in time."""

import pytest

from serving.records import chained
from serving.records.keeping import following
from serving.records.keeping.following import WHOLE_SECONDS, Following
from serving.records.schema import AUDIT_LOG
from tests.records.places import event, filled, tamper


@pytest.fixture
def seen(records, witness):
    """A log of five entries, verified whole, with a note about its head; then two more entries."""
    filled(records)
    witness.note_heads(records)
    follower = Following(records, AUDIT_LOG)
    assert follower.verified(witness.statements("audit_log")).whole_until == 5
    filled(records, 2)
    return follower


def state(follower, witness):
    found = follower.verified(witness.statements("audit_log"))
    return found.verified.first_bad, found.verified.entries, found.whole_until


def test_only_new_entries_are_read(seen, witness, monkeypatch):
    read = []
    monkeypatch.setattr(chained, "_first_bad_link", _counted(chained._first_bad_link, read))
    assert state(seen, witness) == (None, 7, 5)
    assert state(seen, witness) == (None, 7, 5)
    assert read == [[6, 7], []]


@pytest.mark.parametrize(
    "what,             act,                                                                  first",
    [
        ("a new entry", "UPDATE audit_log SET entry = replace(entry, 'ok', 'no') WHERE seq = 7", 7),
        ("a new hash", "UPDATE audit_log SET hash = 'x' WHERE seq = 6", 6),
        ("the tail", "DELETE FROM audit_log WHERE seq > 3", 4),
        ("the joint", "UPDATE audit_log SET hash = 'x' WHERE seq = 5", 5),
        ("a gap", "DELETE FROM audit_log WHERE seq = 6", 6),
    ],
)
def test_L1_L2_L3_what_changes_behind_the_last_look_is_named(seen, witness, place, what, act, first):
    tamper(place, act)
    assert state(seen, witness)[0] == first, what


def test_an_entry_that_was_verified_before_is_named_by_the_next_whole_verification(seen, witness, place, clock):
    tamper(place, "UPDATE audit_log SET entry = replace(entry, 'ok', 'no') WHERE seq = 2")
    assert state(seen, witness)[0] is None  # what the page says it does not see
    assert witness.verified(seen._records.engine, AUDIT_LOG).first_bad == 2  # what its button does
    clock.forward(seconds=WHOLE_SECONDS + 1)
    assert state(seen, witness)[0] == 2
    assert state(seen, witness)[0] == 2  # and it stays broken


def test_a_note_about_an_entry_of_before_is_held_against_it(seen, witness, records, place):
    assert state(seen, witness) == (None, 7, 5)
    witness.note_heads(records)
    tamper(place, "UPDATE audit_log SET hash = 'x' WHERE seq = 7")
    assert state(seen, witness)[0] == 7


def test_a_broken_log_is_verified_anew_until_it_is_whole(seen, witness, place, records):
    tamper(place, "UPDATE audit_log SET role = 'x' WHERE seq = 6")
    assert state(seen, witness)[0] == 6
    tamper(place, "UPDATE audit_log SET role = 'coordinator' WHERE seq = 6")
    records.audit(event())
    assert state(seen, witness) == (None, 8, 8)


def test_a_log_without_entries_is_followed_from_its_first(records, witness):
    follower = following.Following(records, AUDIT_LOG)
    assert state(follower, witness) == (None, 0, 0)
    filled(records, 1)
    assert state(follower, witness) == (None, 1, 0)


def _counted(original, read):
    def first_bad_link(walk, rows, copies):
        kept = list(rows)
        read.append([row[3] for row in kept])
        return original(walk, kept, copies)

    return first_bad_link
