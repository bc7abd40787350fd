"""Group commit: whoever waits is written together, and everybody gets her own answer."""

import threading
import time
from contextlib import contextmanager

import pytest

from serving.pages.services import Unavailable
from serving.records.databases.turns import Turns


class Ledger:
    """A transaction that takes numbers, counts its commits, and keeps nothing when it fails."""

    def __init__(self):
        self.rows, self.commits = [], 0

    @contextmanager
    def transaction(self):
        before = list(self.rows)
        try:
            yield self.rows
        except BaseException:
            self.rows = before
            raise
        self.commits += 1


def adding(number):
    def write(rows):
        if number is None:
            raise ValueError("no number")
        if number == "exit":
            raise RuntimeError("a fault that nobody thought of")
        rows.append(number)
        return number

    return write


def together(turns, ledger, *numbers):
    """What each of several threads got, all of them written in one turn."""
    found = {}

    def ask(number):
        try:
            found[number] = turns.write(ledger.transaction, adding(number))
        except (ValueError, RuntimeError, Unavailable) as fault:
            found[number] = type(fault)

    threads = [threading.Thread(target=ask, args=(number,)) for number in numbers]
    with turns.alone():
        for place, thread in enumerate(threads, start=1):
            thread.start()
            while len(turns._queue) < place:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    return found


def test_who_waits_is_written_in_one_commit():
    turns, ledger = Turns(), Ledger()
    assert together(turns, ledger, 1, 2, 3) == {1: 1, 2: 2, 3: 3}
    assert (ledger.rows, ledger.commits) == ([1, 2, 3], 1)


def test_one_that_fails_takes_nobody_with_it():
    turns, ledger = Turns(), Ledger()
    assert together(turns, ledger, 1, None, 3) == {1: 1, None: ValueError, 3: 3}
    assert ledger.rows == [1, 3]


def test_after_a_fault_nobody_thought_of_everybody_is_told_and_the_next_one_is_served():
    turns, ledger = Turns(), Ledger()
    found = together(turns, ledger, 1, "exit", 3)
    assert sorted(found.values(), key=str) == sorted([RuntimeError, Unavailable, Unavailable], key=str)
    assert ledger.rows == []
    assert turns.write(ledger.transaction, adding(4)) == 4


def test_one_alone_waits_for_nobody():
    turns, ledger = Turns(), Ledger()
    assert turns.write(ledger.transaction, adding(7)) == 7
    with pytest.raises(ValueError, match="no number"):
        turns.write(ledger.transaction, adding(None))
    assert ledger.rows == [7]
