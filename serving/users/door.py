"""How people come in to the pages and leave them: the development sign-in, or the county's identity provider."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from serving.desk.access import User
from serving.desk.requests import Caller, Desk
from serving.middleware.context import REQUEST_ID
from serving.pages.entering import Begun, Returned, TooMany
from serving.pages.services import NotAllowed, Unavailable
from serving.records.entries import Actor, AuditEvent
from serving.records.logs import new_id
from serving.records.sessions import Sessions
from serving.refusals import refusal
from serving.users.attempts import Attempts
from serving.users.oidc.claims import NoRights, known
from serving.users.oidc.flow import CodeFlow, Person, SignInFailed
from serving.users.people import ProviderPeople


class DevelopmentDoor:
    """No provider: the pages list the development users."""

    has_provider = False

    def begin(self, address: str) -> Begun:
        """There is nobody to go to."""
        raise NotAllowed(refusal("sign_in_refused"))

    def finish(self, cookie: str, returned: Returned, address: str, old_token: str | None) -> str:
        """Nobody comes back."""
        raise NotAllowed(refusal("sign_in_refused"))

    def leave(self) -> str | None:
        """Nowhere."""
        return None


@dataclass(frozen=True)
class ProviderDoor:
    """The code flow, its rate limit and its audit entries."""

    desk: Desk
    sessions: Sessions
    people: ProviderPeople
    flow: CodeFlow
    attempts: Attempts

    has_provider = True

    def begin(self, address: str) -> Begun:
        """Where the browser goes, and its cookie."""
        self._not_too_many(address)
        try:
            return self.flow.begin()
        except SignInFailed as failed:
            raise Unavailable(refusal(failed.why)) from None

    def finish(self, cookie: str, returned: Returned, address: str, old_token: str | None) -> str:
        """A session under a new token; the browser's earlier one ends."""
        self._not_too_many(address)
        try:
            person = self.flow.finish(cookie, returned)
        except SignInFailed as failed:
            raise self._failed(failed.why, address, None) from None
        user = self._user(person, address)
        token = self.sessions.start(user.user_id)
        self.people.remember(token, person)
        event = self.desk.event(Caller(user, "session", _request_id()), "sign_in")
        self.desk.records.audit(replace(event, ground="own_session"))
        if old_token:
            self.sessions.end(old_token)
            self.people.forget(old_token)
        return token

    def leave(self) -> str | None:
        """Where the browser ends its session at the provider."""
        return self.flow.leave()

    def _user(self, person: Person, address: str) -> User:
        rules = self.desk.settings.sign_in
        if rules is None:
            raise Unavailable(refusal("provider_down"))
        try:
            seen = known(person.claims, rules.claims)
        except NoRights as none:
            raise self._failed(none.why, address, person.claims) from None
        if seen.is_program:
            raise self._failed("service_account", address, person.claims)
        return seen.user

    def _not_too_many(self, address: str) -> None:
        wait = self.attempts.wait_seconds(address)
        if wait:
            raise TooMany(wait)

    def _failed(self, why: str, address: str, claims: Mapping[str, object] | None) -> NotAllowed | Unavailable:
        """Counted, written down, and said."""
        if why == "provider_down":
            return Unavailable(refusal(why))
        self.attempts.failed(address)
        who = str((claims or {}).get("sub", "unknown"))[:200]
        actor = Actor(who, "none", self.desk.settings.county, "", "none")
        self.desk.records.audit(AuditEvent("sign_in", "denied", actor, _request_id(), why))
        return NotAllowed(refusal(why))


def _request_id() -> str:
    return REQUEST_ID.get() or new_id()
