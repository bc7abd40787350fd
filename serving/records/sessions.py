"""Open sessions of the pages, where every worker of every host reads them: in the logs' PostgreSQL server, else in
a small SQLite file beside the logs.  They are no log: losing them only signs everyone out, and no backup holds them.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Float, LargeBinary, MetaData, String, Table, delete, select, update

from serving.records.database import Opened, Place, open_sessions, reading, writing

Clock = Callable[[], datetime]
TOUCH_SECONDS = 30
"""A session's last use is written at most this often."""

METADATA = MetaData()
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token_sha256", String(64), primary_key=True),
    Column("user_id", String(200), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("handle_key", LargeBinary, nullable=False),
    Column("created", Float, nullable=False),
    Column("used", Float, nullable=False),
)


@dataclass(frozen=True)
class Session:
    """A signed-in browser.  The cookie's token is kept only as its SHA-256."""

    user_id: str
    csrf: str
    handle_key: bytes
    name: str = ""
    """What the log calls it: tells sittings apart, opens nothing."""


class Sessions:
    """Start, find and end sessions; each ends by itself after being idle or old."""

    def __init__(self, place: Place, idle_seconds: int, absolute_seconds: int, clock: Clock) -> None:
        self._opened = Opened(lambda: open_sessions(place, METADATA))
        self._idle = idle_seconds
        self._absolute = absolute_seconds
        self._clock = clock

    def close(self) -> None:
        """Let go of the database."""
        self._opened.close()

    def start(self, user_id: str) -> str:
        """A new session; the token for its cookie."""
        token = secrets.token_urlsafe(32)
        now = self._clock().timestamp()
        row = {
            "token_sha256": fingerprint(token),
            "user_id": user_id,
            "csrf": secrets.token_urlsafe(32),
            "handle_key": secrets.token_bytes(16),
            "created": now,
            "used": now,
        }
        with writing(self._opened.engine()) as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.created < now - self._absolute))
            connection.execute(SESSIONS.insert().values(**row))
        return token

    def find(self, token: str) -> Session | None:
        """The live session of a cookie's token."""
        now = self._clock().timestamp()
        with reading(self._opened.engine()) as connection:
            query = select(SESSIONS).where(SESSIONS.c.token_sha256 == fingerprint(token))
            row = connection.execute(query).first()
        if row is None or now - row.created >= self._absolute or now - row.used >= self._idle:
            return None
        if now - row.used >= TOUCH_SECONDS:
            self._touch(row.token_sha256, now)
        return Session(row.user_id, row.csrf, row.handle_key, row.token_sha256[:16])

    def end(self, token: str) -> None:
        """Forget the session."""
        with writing(self._opened.engine()) as connection:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.token_sha256 == fingerprint(token)))

    def _touch(self, place: str, now: float) -> None:
        with writing(self._opened.engine()) as connection:
            connection.execute(update(SESSIONS).where(SESSIONS.c.token_sha256 == place).values(used=now))


def fingerprint(token: str) -> str:
    """What is kept of a cookie's token: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()
