"""The `sign_in:` block of the service's config: which identity provider, and what its claims mean here."""

import os
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from configs.errors import ConfigError
from configs.loader import StrictConfig, resolve_path
from serving.pages.services import Role
from serving.users.loopback import is_loopback

Algorithm = Literal["RS256", "ES256"]
TokenType = Literal["at+jwt", "jwt"]
LEEWAY_SECONDS = 60
"""How far the provider's clock may be from ours."""
FRESH_SECONDS = 300
"""Rights are at most this old while the provider answers (OWASP ASVS 8.3.2 leaves the figure to the owner)."""
Path = tuple[str, ...]


class SecretSource(StrictConfig):
    """Where the client secret is read from: never from the config itself."""

    file: str | None = None
    env: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "SecretSource":
        if (self.file is None) == (self.env is None):
            raise ValueError("name one place for the secret: `file: <path>` or `env: <variable>`")
        return self

    def read(self) -> str:
        """The secret.  Raises ConfigError that names the place, never the value."""
        if self.env is not None:
            found, place = os.environ.get(self.env, "").strip(), f"the environment variable {self.env}"
        else:
            file = resolve_path(self.file or "")
            place = f"the file {self.file}"
            try:
                found = file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError):
                found = ""
        if not found:
            raise ConfigError(f"The client secret of `sign_in` is not in {place}. Put it there and start again.")
        return found


class UnitNames(StrictConfig):
    """A unit in the three languages."""

    fi: str
    sv: str
    en: str


class UnitMeaning(StrictConfig):
    """What a claim value means: our unit and its name."""

    id: str
    name: UnitNames


class RoleClaim(StrictConfig):
    """Where the roles stand in a token (keys from the outside in), and which value means which role."""

    claim: Path = Field(min_length=1)
    values: dict[str, Role] = Field(min_length=1)


class UnitClaim(StrictConfig):
    """Where the units stand, and which value means which unit."""

    claim: Path = Field(min_length=1)
    values: dict[str, UnitMeaning] = Field(min_length=1)


class TaskClaim(StrictConfig):
    """Where the service tasks stand, and which value means which task."""

    claim: Path = Field(min_length=1)
    values: dict[str, str] = Field(min_length=1)


class ServiceAccounts(StrictConfig):
    """How a token of a program is told from a person's: a claim and its value, or the beginning of it."""

    claim: str
    value: str | None = None
    starts_with: str | None = None

    @model_validator(mode="after")
    def _one_rule(self) -> "ServiceAccounts":
        if (self.value is None) == (self.starts_with is None):
            raise ValueError("`service_accounts` needs `value:` or `starts_with:`, one of them")
        return self

    def match(self, claims: Mapping[str, object]) -> bool:
        """True for a program's token."""
        said = claims.get(self.claim)
        if not isinstance(said, str):
            return False
        return said == self.value if self.starts_with is None else said.startswith(self.starts_with)


class Claims(StrictConfig):
    """What the provider's claims mean in this service.  A value that is not listed means nothing."""

    user_id: str = "sub"
    """The claim that names the person in our logs; it must not be given to somebody else later (Entra: `oid`)."""
    name: str = "name"
    roles: RoleClaim
    units: UnitClaim
    service_tasks: TaskClaim
    service_accounts: ServiceAccounts | None = None


class SignInSettings(StrictConfig):
    """One identity provider, found by discovery under `issuer`."""

    issuer: str
    client_id: str
    client_secret: SecretSource
    public_url: str
    """The address that browsers use, e.g. https://luotain.county.fi: never taken from a request's header."""
    audience: str
    """What `aud` of an access token for the API must be."""
    token_type: TokenType = "at+jwt"
    """`typ` of access tokens: `at+jwt` (RFC 9068) or `jwt` (Entra ID, Keycloak); then the audience tells them apart."""
    algorithms: tuple[Algorithm, ...] = Field(default=("RS256", "ES256"), min_length=1)
    scopes: tuple[str, ...] = ("openid", "profile", "offline_access")
    claims: Claims
    ca_file: str | None = None
    """Certificates of the county's own authority, PEM; None = the system's."""
    recheck_seconds: int = Field(default=240, ge=30, le=FRESH_SECONDS)
    """How often the provider is asked again about a signed-in person."""
    grace_seconds: int = Field(default=3600, ge=0, le=28800)
    """How long known keys and open sessions live on while the provider does not answer."""
    failures_per_minute: int = Field(default=20, ge=3, le=1000)
    """Failed sign-ins and bad tokens from one address in one worker; more get 429."""

    @field_validator("issuer", "public_url")
    @classmethod
    def _is_safe_address(cls, address: str) -> str:
        if not is_safe_address(address):
            raise ValueError("must be an https:// address without query or fragment (http:// on this machine only)")
        return address

    @model_validator(mode="after")
    def _an_id_token_is_no_access_token(self) -> "SignInSettings":
        if self.token_type == "jwt" and self.audience == self.client_id:
            raise ValueError(
                "with `token_type: jwt` an ID token could pass for an access token when `audience` is the `client_id`; "
                "register the API as an application of its own and write its identifier as `audience`"
            )
        if "openid" not in self.scopes:
            raise ValueError("`scopes` must contain openid")
        return self

    @property
    def callback(self) -> str:
        """Where the provider sends browsers back to."""
        return f"{self.public_url.rstrip('/')}/sign-in/callback"


def is_safe_address(address: str) -> bool:
    """True for https, and for http on a loopback host; a query or fragment makes it none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
