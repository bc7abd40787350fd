"""Open sessions: one token, one CSRF value and one handle key each; idle and old ones end."""

import pytest

from serving.records.sessions import Sessions


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
