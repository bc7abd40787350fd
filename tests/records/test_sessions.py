"""Open sessions: one token, one CSRF value and one handle key each; idle and old ones end; every host knows them."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from configs.loader import PROJECT_ROOT
from serving.pages.services import Unavailable
from serving.records.database import SESSIONS_FILE, Place
from serving.records.sessions import Sessions, fingerprint
from serving.records.sign_ins import SignIns
from tests.records.places import raw


@pytest.fixture
def sessions(place, clock):
    opened = Sessions(place, idle_seconds=600, absolute_seconds=3600, clock=clock)
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


def test_sessions_are_shared_between_workers_and_the_token_is_not_stored(sessions, place, clock):
    token = sessions.start("planner")
    other = Sessions(place, 600, 3600, clock)
    assert other.find(token).user_id == "planner"
    assert token not in stored(place)
    assert fingerprint(token) in stored(place)
    assert other.find("unknown") is None
    other.close()


def stored(place):
    """Everything that is kept of sessions, as text."""
    if place.url is None:
        return (place.folder / SESSIONS_FILE).with_suffix(".sqlite-wal").read_bytes().decode("latin-1")
    with raw(place).connect() as connection:
        return str(connection.execute(sa.text("SELECT * FROM sessions")).all())


ANOTHER_HOST = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import sqlalchemy as sa
from serving.records.database import Place
from serving.records.sessions import Sessions
from serving.records.sign_ins import SignIns
folder, url, token = sys.argv[1:]
place, clock = Place(Path(folder), sa.make_url(url) if url else None), lambda: datetime.now(UTC)
found = Sessions(place, 600, 3600, clock).find(token)
signed_in = SignIns(place, clock).find(token)
print(found.user_id, found.csrf, signed_in.sealed.decode(), sep="|")
Sessions(place, 600, 3600, clock).end(token)
"""


def test_another_host_knows_a_session_and_ends_it(place, tmp_path):
    """Another process; over PostgreSQL with a data folder of its own, so that nothing but the server is shared."""
    mine, sealed = Sessions(place, 600, 3600, now), SignIns(place, now)
    token = mine.start("coordinator")
    sealed.keep(token, lambda where: where[:8].encode())
    csrf = mine.find(token).csrf
    elsewhere = place.folder if place.url is None else tmp_path / "other-host"
    url = place.url.render_as_string(hide_password=False) if place.url else ""
    command = [sys.executable, "-c", ANOTHER_HOST, str(elsewhere), url, token]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"coordinator|{csrf}|{fingerprint(token)[:8]}"
    assert mine.find(token) is None
    assert (elsewhere / SESSIONS_FILE).is_file() is (place.url is None)
    mine.close()
    sealed.close()


def test_sessions_that_cannot_be_read_let_nobody_in(place, clock, tmp_path):
    (tmp_path / "file").write_text("no folder")
    url = None if place.url is None else place.url.set(host="127.0.0.1", port=1)
    closed = Sessions(Place(tmp_path / "file", url), 600, 3600, clock)
    with pytest.raises(Unavailable, match=r"cannot be (opened|written)"):
        closed.find("token")
    closed.close()


def now():
    return datetime.now(UTC)
