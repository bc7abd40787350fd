"""No answer waits for what its process does for others: what stays is set apart, and computing is taken in turns."""

import gc
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from serving.desk.requests import AT_ONCE, Caller, Grounds
from serving.engine.pauses import SWITCH_SECONDS, Settled, take_short_turns
from serving.engine.warming import warm
from serving.users.directory import users_of
from tests.serving.fake_engine import MINE, FakeCase, FakeEngine
from tests.serving.serving_parts import house, settings

GROUNDS = Grounds("client_guidance", "service_need_assessment")


class Node:
    """An object that may be part of a ring, which only the collector can free."""


@pytest.fixture
def thawed():
    """The collector as it was."""
    yield
    gc.unfreeze()


def ring():
    first, second = Node(), Node()
    first.other, second.other = second, first
    return first


def test_what_stays_is_set_apart_once(thawed):
    settled, held = Settled(), ring()
    settled.hold(held)
    apart = gc.get_freeze_count()
    assert apart > 1000
    new = [ring() for _ in range(100)]
    settled.hold(held)
    assert (gc.get_freeze_count(), len(new)) == (apart, 100)
    settled.hold(new)
    assert gc.get_freeze_count() > apart


def test_what_was_set_apart_is_freed_when_something_else_stays(thawed):
    settled, held = Settled(), ring()
    settled.hold(held)
    gone = weakref.ref(held)
    del held
    settled.hold(ring())
    settled.hold(ring())
    assert gone() is None


def test_without_registers_what_is_warm_stays_the_same_object():
    warmed = frozenset({("snapshot", "model")})
    assert warm(None, [], warmed) is warmed


def test_threads_take_short_turns():
    before = sys.getswitchinterval()
    try:
        take_short_turns()
        assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
    finally:
        sys.setswitchinterval(before)


class Counting(FakeCase):
    """A case that counts who computes at the same time; the first ones wait for each other."""

    lock, now, most, waiting = threading.Lock(), 0, 0, threading.Barrier(AT_ONCE)

    def segment(self, by_hand=()):
        cls = type(self)
        with cls.lock:
            cls.now += 1
            cls.most = max(cls.most, cls.now)
        cls.waiting.wait(30)
        try:
            return super().segment(by_hand)
        finally:
            with cls.lock:
                cls.now -= 1


def test_a_worker_computes_few_answers_at_once_and_gives_every_one(tmp_path, monkeypatch):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    engine = FakeEngine()
    monkeypatch.setattr(engine, "open", lambda client_id: Counting(engine, client_id))
    built = house(engine)
    caller = Caller(users_of(settings())["coordinator"], "request", "development_token")
    with ThreadPoolExecutor(3 * AT_ONCE) as pool:
        asked = [pool.submit(built.desk.segment, caller, GROUNDS, MINE) for _ in range(3 * AT_ONCE)]
        ids = {one.result()[0] for one in asked}
    built.close()
    assert (len(ids), Counting.most) == (3 * AT_ONCE, AT_ONCE)
