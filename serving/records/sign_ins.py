"""Who stands behind an open session when the identity provider said so: sealed records beside the sessions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Float, LargeBinary, MetaData, String, Table, delete, select, update

from serving.records.database import Opened, Place, open_sessions, reading, writing
from serving.records.sessions import fingerprint

Clock = Callable[[], datetime]
MOST_SECONDS = 7 * 86_400
"""Records of sessions that cannot live any more are cleared away."""

METADATA = MetaData()
SIGN_INS = Table(
    "sign_ins",
    METADATA,
    Column("token_sha256", String(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("checked", Float, nullable=False),
    Column("tried", Float, nullable=False),
)


@dataclass(frozen=True)
class SignIn:
    """One record: what was sealed, when the provider last confirmed it and when it was last asked (s)."""

    place: str
    sealed: bytes
    checked: float
    tried: float


class SignIns:
    """Keep, find, renew and forget; a method that cannot raises Unavailable."""

    def __init__(self, place: Place, clock: Clock) -> None:
        self._opened = Opened(lambda: open_sessions(place, METADATA))
        self._clock = clock

    def close(self) -> None:
        """Let go of the database."""
        self._opened.close()

    def now(self) -> float:
        """The time as the records count it (s)."""
        return self._clock().timestamp()

    def keep(self, token: str, seal: Callable[[str], bytes]) -> None:
        """A new record for a session's token; `seal` is given the place that the record is bound to."""
        now, place = self.now(), fingerprint(token)
        with writing(self._opened.engine()) as connection:
            connection.execute(delete(SIGN_INS).where(SIGN_INS.c.checked < now - MOST_SECONDS))
            row = {"token_sha256": place, "sealed": seal(place), "checked": now, "tried": now}
            connection.execute(SIGN_INS.insert().values(**row))

    def find(self, token: str) -> SignIn | None:
        """The record of a session's token."""
        query = select(SIGN_INS).where(SIGN_INS.c.token_sha256 == fingerprint(token))
        with reading(self._opened.engine()) as connection:
            row = connection.execute(query).first()
        return SignIn(row.token_sha256, row.sealed, row.checked, row.tried) if row else None

    def claim(self, found: SignIn) -> bool:
        """Take on asking the provider: of several workers that want to, one may."""
        wanted = (SIGN_INS.c.token_sha256 == found.place) & (SIGN_INS.c.tried == found.tried)
        with writing(self._opened.engine()) as connection:
            changed = connection.execute(update(SIGN_INS).where(wanted).values(tried=self.now()))
            return changed.rowcount == 1

    def gave_up(self, found: SignIn, seconds: float) -> None:
        """The provider did not answer: whoever waits for the answer need not wait any more."""
        here = SIGN_INS.c.token_sha256 == found.place
        with writing(self._opened.engine()) as connection:
            connection.execute(update(SIGN_INS).where(here).values(tried=self.now() - seconds))

    def renew(self, found: SignIn, sealed: bytes) -> None:
        """What the provider says now."""
        here = SIGN_INS.c.token_sha256 == found.place
        with writing(self._opened.engine()) as connection:
            connection.execute(update(SIGN_INS).where(here).values(sealed=sealed, checked=self.now()))

    def forget(self, token: str) -> None:
        """The session ended."""
        with writing(self._opened.engine()) as connection:
            connection.execute(delete(SIGN_INS).where(SIGN_INS.c.token_sha256 == fingerprint(token)))
