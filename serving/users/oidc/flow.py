"""The authorization code flow with PKCE (RFC 6749, 7636, 9207; OpenID Connect Core § 3.1), as the pages use it."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

from serving.pages.entering import BEGUN_SECONDS, Begun, Returned
from serving.users.oidc.claims import kept_claims
from serving.users.oidc.keys import ProviderKeys
from serving.users.oidc.provider import Provider, ProviderDown, ProviderRefused
from serving.users.oidc.settings import SignInSettings
from serving.users.oidc.tokens import BadToken, Expected, validated
from serving.users.sealed import seal, unseal

PLACE = "sign-in begun"
WhyFailed = Literal["sign_in_expired", "sign_in_refused", "sign_in_bad_answer", "provider_down"]


class SignInFailed(Exception):
    """The sign-in did not succeed; `why` is a key of the refusals."""

    def __init__(self, why: WhyFailed) -> None:
        self.why = why
        super().__init__(why)


@dataclass(frozen=True)
class Person:
    """A signed-in person: the claims that matter here, and the provider's token for asking about her again."""

    claims: Mapping[str, Any]
    refresh_token: str | None


class CodeFlow:
    """One provider's flow.  `now` gives the time in seconds; `key` seals what the browser carries meanwhile."""

    def __init__(
        self,
        settings: SignInSettings,
        provider: Provider,
        keys: ProviderKeys,
        key: Callable[[], bytes],
        now: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._keys = keys
        self._key = key
        self._now = now

    def begin(self) -> Begun:
        """A new sign-in.  Raises SignInFailed when the provider does not answer."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.callback,
            "scope": " ".join(self._settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        record = {"state": state, "nonce": nonce, "verifier": verifier, "at": self._now()}
        cookie = base64.urlsafe_b64encode(seal(record, self._key(), PLACE)).decode("ascii")
        return Begun(_with_query(self._description().authorization, asked), cookie)

    def finish(self, cookie: str, returned: Returned) -> Person:
        """The person who comes back.  Raises SignInFailed."""
        begun = self._begun(cookie, returned)
        if returned.error or not returned.code:
            raise SignInFailed("sign_in_refused")
        form = {
            "grant_type": "authorization_code",
            "code": returned.code,
            "redirect_uri": self._settings.callback,
            "code_verifier": begun["verifier"],
        }
        try:
            answer = self._ask(form)
            claims = self._id_token(answer, begun["nonce"])
        except ProviderRefused:
            raise SignInFailed("sign_in_refused") from None
        except ProviderDown:
            raise SignInFailed("provider_down") from None
        except BadToken:
            raise SignInFailed("sign_in_bad_answer") from None
        return Person(kept_claims(claims, self._settings.claims), _text(answer.get("refresh_token")))

    def again(self, person: Person) -> Person:
        """The same person as the provider describes her now.

        Raises ProviderRefused when she may not be signed in any more (or nothing lets us ask), BadToken, ProviderDown.
        """
        if person.refresh_token is None:
            raise ProviderRefused("no_refresh_token")
        answer = self._ask({"grant_type": "refresh_token", "refresh_token": person.refresh_token})
        if "id_token" in answer:
            claims = self._id_token(answer, None)
        else:
            claims = self._provider.userinfo(_text(answer.get("access_token")) or "")
        if claims.get("sub") != person.claims.get("sub"):
            raise ProviderRefused("another_subject")
        refresh = _text(answer.get("refresh_token")) or person.refresh_token
        return Person(kept_claims(claims, self._settings.claims), refresh)

    def leave(self) -> str | None:
        """Where a browser ends its session at the provider (RP-Initiated Logout); None when there is no such place."""
        try:
            where = self._provider.description().end_session
        except (ProviderDown, ProviderRefused):
            return None
        back = f"{self._settings.public_url.rstrip('/')}/sign-in"
        # Without the ID token as a hint: it holds a name, and addresses are kept in histories and logs.
        asked = {"client_id": self._settings.client_id, "post_logout_redirect_uri": back}
        return _with_query(where, asked) if where else None

    def _description(self) -> Any:
        try:
            return self._provider.description()
        except (ProviderDown, ProviderRefused):
            raise SignInFailed("provider_down") from None

    def _begun(self, cookie: str, returned: Returned) -> Mapping[str, Any]:
        """What this browser began; it must be the one that comes back, soon, and from our provider."""
        try:
            record = unseal(base64.urlsafe_b64decode(cookie), self._key(), PLACE)
        except ValueError:
            record = None
        if record is None or not 0 <= self._now() - record["at"] <= BEGUN_SECONDS:
            raise SignInFailed("sign_in_expired")
        same = hmac.compare_digest(record["state"].encode(), returned.state.encode("utf-8", "replace"))
        if not same or returned.issuer not in (None, self._settings.issuer):
            raise SignInFailed("sign_in_expired")
        return record

    def _ask(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        return self._provider.token(form, self._settings.client_id, self._settings.client_secret.read())

    def _id_token(self, answer: Mapping[str, Any], nonce: str | None) -> Mapping[str, Any]:
        expected = Expected(
            issuer=self._settings.issuer,
            audience=self._settings.client_id,
            algorithms=self._settings.algorithms,
            kind="id",
            nonce=nonce,
        )
        return validated(_text(answer.get("id_token")) or "", self._keys.find, expected, self._now())


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _with_query(address: str, values: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(values)}"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
