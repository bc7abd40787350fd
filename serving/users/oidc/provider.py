"""Talks to the identity provider: discovery and forms over HTTP, each with a time limit and a size limit."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import httpx

from configs.loader import resolve_path
from serving.users.oidc.settings import is_safe_address

CONNECT_SECONDS = 3.0
WHOLE_SECONDS = 5.0
"""How long one question to the provider may take in all."""
MAX_BYTES = 1_000_000
DISCOVERY_SECONDS = 3600.0
RETRY_SECONDS = 10.0
"""After a failed discovery, and after a question without an answer, nothing is asked before this."""


class ProviderDown(Exception):
    """The provider did not answer, or not as the standard says."""


class ProviderRefused(Exception):
    """The provider answered no (RFC 6749 § 5.2).  `error` is its word for it."""

    def __init__(self, error: str) -> None:
        self.error = error
        super().__init__(error)


@dataclass(frozen=True)
class Description:
    """What discovery says about the provider (OpenID Connect Discovery § 3)."""

    authorization: str
    token: str
    jwks: str
    userinfo: str | None
    end_session: str | None
    basic: bool
    """True when the token endpoint takes the client's secret by HTTP Basic."""


class Provider:
    """One provider.  Every method may be called from several threads and raises ProviderDown."""

    def __init__(self, issuer: str, ca_file: str | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self._ca_file = ca_file
        self._clock = clock
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._known: Description | None = None
        self._asked = -DISCOVERY_SECONDS
        self._silent = -RETRY_SECONDS

    def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            self._client.close()

    def description(self) -> Description:
        """The provider's addresses, an hour old at most unless it does not answer."""
        with self._lock:
            age = self._clock() - self._asked
            if self._known is not None and age < DISCOVERY_SECONDS:
                return self._known
            if age < RETRY_SECONDS:
                raise ProviderDown("asked a moment ago")
            self._asked = self._clock()
            try:
                self._known = self._discover()
            except ProviderDown:
                if self._known is None:
                    raise
                self._asked += RETRY_SECONDS - DISCOVERY_SECONDS  # what is known serves on; ask again soon
            return self._known

    def keys(self) -> Mapping[str, Any]:
        """The provider's key set as it publishes it now."""
        return self._read("GET", self.description().jwks)

    def token(self, form: Mapping[str, str], client_id: str, secret: str) -> Mapping[str, Any]:
        """What the token endpoint answers to a form.  Raises ProviderRefused when it says no."""
        where = self.description()
        if where.basic:
            return self._read("POST", where.token, data=dict(form), auth=_basic(client_id, secret))
        return self._read("POST", where.token, data={**form, "client_id": client_id, "client_secret": secret})

    def userinfo(self, access_token: str) -> Mapping[str, Any]:
        """The claims of the person that an access token belongs to.  Raises ProviderRefused when it is not good."""
        where = self.description().userinfo
        if where is None:
            raise ProviderRefused("no_userinfo")
        return self._read("GET", where, headers={"authorization": f"Bearer {access_token}"})

    def _discover(self) -> Description:
        said = self._read("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != self.issuer:
            raise ProviderDown("the description names another issuer")
        methods = said.get("token_endpoint_auth_methods_supported", ("client_secret_basic",))
        return Description(
            authorization=_address(said, "authorization_endpoint"),
            token=_address(said, "token_endpoint"),
            jwks=_address(said, "jwks_uri"),
            userinfo=_address(said, "userinfo_endpoint") if "userinfo_endpoint" in said else None,
            end_session=_address(said, "end_session_endpoint") if "end_session_endpoint" in said else None,
            basic=isinstance(methods, list | tuple) and "client_secret_basic" in methods,
        )

    def _read(self, method: str, address: str, **given: Any) -> Mapping[str, Any]:
        """The JSON object that comes back; nothing longer, slower or from elsewhere is taken."""
        if self._clock() - self._silent < RETRY_SECONDS:
            raise ProviderDown("silent a moment ago")  # nobody else waits as long for nothing
        until = time.monotonic() + WHOLE_SECONDS
        try:
            with self._http().stream(method, address, **given) as response:
                body = bytearray()
                for part in response.iter_bytes():
                    body += part
                    if len(body) > MAX_BYTES or time.monotonic() > until:
                        raise ProviderDown("too long an answer")
                status = response.status_code
        except httpx.TimeoutException:
            self._silent = self._clock()
            raise ProviderDown("too slow") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ProviderDown("no answer") from None
        return _understood(status, bytes(body))

    def _http(self) -> httpx.Client:
        if self._client is None:
            trusted: ssl.SSLContext | bool = True
            if self._ca_file is not None:
                trusted = ssl.create_default_context(cafile=str(resolve_path(self._ca_file)))
            limits = httpx.Timeout(WHOLE_SECONDS, connect=CONNECT_SECONDS)
            self._client = httpx.Client(verify=trusted, timeout=limits, follow_redirects=False)
        return self._client


def _understood(status: int, body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if status in (400, 401, 403):
        error = said.get("error") if isinstance(said, dict) else None
        raise ProviderRefused(error if isinstance(error, str) and error.isidentifier() else "refused")
    if status != 200 or not isinstance(said, dict):
        raise ProviderDown(f"status {status}")
    return said


def _address(said: Mapping[str, Any], name: str) -> str:
    address = said.get(name)
    if not isinstance(address, str) or not is_safe_address(address.partition("?")[0]):
        raise ProviderDown(f"no usable {name}")
    return address


def _basic(client_id: str, secret: str) -> httpx.BasicAuth:
    """Both parts form-encoded first (RFC 6749 § 2.3.1)."""
    return httpx.BasicAuth(quote_plus(client_id), quote_plus(secret))
