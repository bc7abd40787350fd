"""Who sends a request to the API: a bearer token of the county's identity provider, checked here and nowhere else."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from serving.desk.requests import Caller
from serving.middleware.context import Presented
from serving.middleware.errors import Fault, fault_of_status
from serving.records.entries import Actor, AuditEvent
from serving.refusals import refusal
from serving.users.attempts import Attempts
from serving.users.oidc.claims import NoRights, known
from serving.users.oidc.keys import ProviderKeys
from serving.users.oidc.provider import ProviderDown
from serving.users.oidc.settings import FRESH_SECONDS, SignInSettings
from serving.users.oidc.tokens import BadToken, Expected, key_wanted, validated

NOBODY = "unknown"
CHALLENGE = {"www-authenticate": 'Bearer error="invalid_token"'}


class BearerDoor:
    """Checks tokens.  `note` writes an audit entry; refused tokens are noted until their address has too many."""

    def __init__(
        self,
        settings: SignInSettings,
        county: str,
        keys: ProviderKeys,
        now: Callable[[], float],
        note: Callable[[AuditEvent], object],
    ) -> None:
        self._settings = settings
        self._county = county
        self._keys = keys
        self._now = now
        self._note = note
        self._attempts = Attempts(settings.failures_per_minute)
        self._expected = Expected(
            issuer=settings.issuer,
            audience=settings.audience,
            algorithms=settings.algorithms,
            kind="access",
            needs_type=settings.token_type == "at+jwt",
            max_age=FRESH_SECONDS,
        )

    async def __call__(self, presented: Presented) -> Caller | Fault:
        """The caller, or why there is none.  Waits for the provider in a thread, never in the event loop."""
        if not presented.token:
            return fault_of_status(401, {"www-authenticate": "Bearer"})
        wanted = key_wanted(presented.token)
        if wanted is not None and self._keys.ready(*wanted) is None:
            checked = await asyncio.to_thread(self._checked, presented)
        else:
            checked = self._checked(presented)
        if isinstance(checked, Caller):
            return checked
        return checked.fault if checked.fault.status == 503 else await self._refused(presented, checked)

    def _checked(self, presented: Presented) -> "Caller | _Refusal":
        try:
            claims = validated(presented.token, self._keys.find, self._expected, self._now())
            seen = known(claims, self._settings.claims)
        except BadToken as bad:
            return _Refusal(fault_of_status(401, CHALLENGE), bad.fault)
        except NoRights as none:
            return _Refusal(Fault(403, none.why, refusal(none.why)), none.why)
        except ProviderDown:
            return _Refusal(Fault(503, "provider_down", refusal("provider_down"), None, {"retry-after": "10"}), "")
        return Caller(seen.user, "access_token", presented.request_id)

    async def _refused(self, presented: Presented, refused: "_Refusal") -> Fault:
        """Good tokens are never held up; bad ones of one address are, and are not all written down."""
        wait = self._attempts.wait_seconds(presented.address)
        if wait:
            return Fault(429, "too_many_failures", refusal("too_many_failures"), None, {"retry-after": str(wait)})
        self._attempts.failed(presented.address)
        actor = Actor(NOBODY, "none", self._county, "", "none")
        event = AuditEvent("token", "denied", actor, presented.request_id, refused.ground)
        await asyncio.to_thread(self._note, event)
        return refused.fault


@dataclass(frozen=True)
class _Refusal:
    fault: Fault
    ground: str
