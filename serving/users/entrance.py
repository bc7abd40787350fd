"""The ways in, put together from the settings: for the pages, for the API, and who stands behind a session."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from serving.desk.requests import Caller, Desk
from serving.middleware.context import Presented
from serving.middleware.errors import Fault, fault_of_status
from serving.pages.entering import Door
from serving.records.opening import place_of
from serving.records.sessions import Sessions
from serving.records.sign_ins import SignIns
from serving.settings import ServingSettings
from serving.users.attempts import Attempts
from serving.users.directory import users_of
from serving.users.door import DevelopmentDoor, ProviderDoor
from serving.users.keys import load_or_create_key
from serving.users.oidc.bearer import BearerDoor
from serving.users.oidc.flow import CodeFlow
from serving.users.oidc.keys import ProviderKeys
from serving.users.oidc.provider import Provider
from serving.users.oidc.settings import SignInSettings
from serving.users.people import DevelopmentPeople, People, ProviderPeople
from serving.users.tokens import KEY_FILE, user_of_token

Clock = Callable[[], datetime]
SIGN_IN_KEY = "sign_in.key"
"""Seals what sessions and browsers carry about a sign-in."""


@dataclass(frozen=True)
class Entrance:
    """How people and programs come in."""

    door: Door
    people: People
    authenticate: Callable[[Presented], Awaitable[Caller | Fault]]
    close: Callable[[], None]


def open_entrance(desk: Desk, sessions: Sessions, clock: Clock) -> Entrance:
    """The provider's way when one is configured, else development's; touches no file and asks nobody yet."""
    if desk.settings.sign_in is None:
        return _development(desk.settings, clock)
    return _provider(desk, desk.settings.sign_in, sessions, clock)


def _development(settings: ServingSettings, clock: Clock) -> Entrance:
    users = users_of(settings)

    async def authenticate(presented: Presented) -> Caller | Fault:
        key = load_or_create_key(settings.workspace.keys / KEY_FILE) if users else b""
        user = users.get(user_of_token(presented.token, key, clock()) or "") if users else None
        nobody = fault_of_status(401, {"www-authenticate": "Bearer"})
        return Caller(user, "development_token", presented.request_id) if user else nobody

    return Entrance(DevelopmentDoor(), DevelopmentPeople(users), authenticate, lambda: None)


def _provider(desk: Desk, settings: SignInSettings, sessions: Sessions, clock: Clock) -> Entrance:
    provider = Provider(settings.issuer, settings.ca_file)
    keys = ProviderKeys(provider.keys, settings.grace_seconds)
    sign_ins = SignIns(place_of(desk.settings), clock)

    def key() -> bytes:
        return load_or_create_key(desk.settings.workspace.keys / SIGN_IN_KEY)

    def now() -> float:
        return clock().timestamp()

    def close() -> None:
        provider.close()
        sign_ins.close()

    flow = CodeFlow(settings, provider, keys, key, now)
    people = ProviderPeople(settings, sign_ins, flow, key)
    door = ProviderDoor(desk, sessions, people, flow, Attempts(settings.failures_per_minute))
    bearer = BearerDoor(settings, desk.settings.county, keys, now, desk.records.audit)
    return Entrance(door, people, bearer, close)
