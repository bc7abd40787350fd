"""Who stands behind a session of the pages: a development user, or a person of the county's identity provider.

A person's rights are asked for again every few minutes, so that a role that was taken away does not live on.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Protocol

from serving.desk.access import User
from serving.records.sessions import Session
from serving.records.sign_ins import SignIn, SignIns
from serving.users.oidc.claims import NoRights, known
from serving.users.oidc.flow import CodeFlow, Person
from serving.users.oidc.provider import ProviderDown, ProviderRefused
from serving.users.oidc.settings import FRESH_SECONDS, SignInSettings
from serving.users.oidc.tokens import BadToken
from serving.users.sealed import seal, unseal

RETRY_SECONDS = 30.0
"""While the provider is down it is asked this often about one session."""
OUR_FAULT = frozenset({"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_request"})
"""Answers that say nothing about the person (RFC 6749 § 5.2): treated like no answer."""
WAIT_SECONDS, WAIT_STEP = 6.0, 0.1
"""How long a request waits for another one that is already asking."""


class People(Protocol):
    """Finds the user of a live session."""

    def user_of(self, token: str, session: Session) -> User | None:
        """The user with the rights she has now; None when she has none any more."""

    def forget(self, token: str) -> None:
        """The session ended."""


class DevelopmentPeople:
    """The users of the config."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = users

    def user_of(self, token: str, session: Session) -> User | None:
        """The user of this id, if she is still there."""
        return self._users.get(session.user_id)

    def forget(self, token: str) -> None:
        """Nothing is kept beside the session."""


class ProviderPeople:
    """People of the identity provider.  `wait` is how a thread waits."""

    def __init__(
        self,
        settings: SignInSettings,
        sign_ins: SignIns,
        flow: CodeFlow,
        key: Callable[[], bytes],
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings = settings
        self._sign_ins = sign_ins
        self._flow = flow
        self._key = key
        self._wait = wait

    def remember(self, token: str, person: Person) -> None:
        """Keep the person behind a new session."""
        self._sign_ins.keep(token, lambda place: seal(asdict(person), self._key(), place))

    def user_of(self, token: str, session: Session) -> User | None:
        """The user as the provider described her at most five minutes ago, longer only while it is down."""
        found = self._sign_ins.find(token)
        if found is None:
            return None
        person = self._current(token, found)
        try:
            seen = known(person.claims, self._settings.claims) if person else None
        except NoRights:
            seen = None
        return seen.user if seen and not seen.is_program else None

    def forget(self, token: str) -> None:
        """Drop the record."""
        self._sign_ins.forget(token)

    def _current(self, token: str, found: SignIn) -> Person | None:
        now = self._sign_ins.now()
        if now - found.checked < self._settings.recheck_seconds:
            return self._person(found)
        if self._may_ask(found, now) and self._sign_ins.claim(found):
            return self._asked(token, found)
        return self._meanwhile(token, found)

    def _may_ask(self, found: SignIn, now: float) -> bool:
        """Nobody has asked yet since the last confirmation, or a while ago."""
        return found.tried <= found.checked or now - found.tried >= RETRY_SECONDS

    def _asked(self, token: str, found: SignIn) -> Person | None:
        person = self._person(found)
        if person is None:
            return None
        try:
            renewed = self._flow.again(person)
        except ProviderDown:
            return self._gave_up(found)
        except ProviderRefused as refused:
            if refused.error in OUR_FAULT:
                return self._gave_up(found)
            self._sign_ins.forget(token)
            return None
        except BadToken:
            self._sign_ins.forget(token)
            return None
        self._sign_ins.renew(found, seal(asdict(renewed), self._key(), found.place))
        return renewed

    def _gave_up(self, found: SignIn) -> Person | None:
        self._sign_ins.gave_up(found, WAIT_SECONDS)
        return self._in_grace(found)

    def _meanwhile(self, token: str, found: SignIn) -> Person | None:
        """Another request is asking, or asked in vain a moment ago: fresh rights hold, older ones wait for it."""
        waited = 0.0
        latest: SignIn | None = found
        while latest and self._sign_ins.now() - latest.checked >= FRESH_SECONDS and waited < WAIT_SECONDS:
            if self._sign_ins.now() - latest.tried >= WAIT_SECONDS:
                return self._in_grace(latest)  # it must have had its answer by now: the provider is down
            self._wait(WAIT_STEP)
            waited += WAIT_STEP
            latest = self._sign_ins.find(token)
        return self._in_grace(latest) if latest else None

    def _in_grace(self, found: SignIn) -> Person | None:
        lives = self._sign_ins.now() - found.checked < FRESH_SECONDS + self._settings.grace_seconds
        return self._person(found) if lives else None

    def _person(self, found: SignIn) -> Person | None:
        record: dict[str, Any] | None = unseal(found.sealed, self._key(), found.place)
        return Person(record["claims"], record["refresh_token"]) if record else None
