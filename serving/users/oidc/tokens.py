"""The one function that says whether a token is good.  Everything else about tokens comes after it."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from serving.users.oidc.keys import PublicKey, UnknownKey
from serving.users.oidc.settings import LEEWAY_SECONDS

MAX_TOKEN_CHARACTERS = 16_384
KINDS: Mapping[str, type[PublicKey]] = {"RS256": RSAKey, "ES256": ECKey}
ACCESS_TYPES = ("at+jwt", "application/at+jwt")
ID_TOKEN_CLAIMS = ("at_hash", "c_hash")
"""Claims that only an ID token carries (OpenID Connect Core § 3)."""

KeyFor = Callable[[str | None, type[PublicKey]], PublicKey]
"""(key id, kind of key) to the provider's key.  Raises UnknownKey or ProviderDown."""
Fault = Literal["too_long", "malformed", "algorithm", "type", "key", "signature", "claims", "stale"]


class BadToken(Exception):
    """The token is no good; `fault` says in what, for the log and never for the sender."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault)


@dataclass(frozen=True)
class Expected:
    """What a good token of one kind says."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    kind: Literal["access", "id"]
    needs_type: bool = True
    """An access token must be of type at+jwt (RFC 9068 § 4)."""
    max_age: int | None = None
    """Seconds since it was issued; None = as long as the token itself says."""
    nonce: str | None = None
    """What an ID token of this sign-in must repeat."""


def validated(token: str, key_for: KeyFor, expected: Expected, now: float) -> Mapping[str, Any]:
    """The claims of a good token.

    Signature by an accepted algorithm and a key of the provider; iss, aud, exp, iat and sub present and right; not
    before nbf; 60 s leeway; no unknown `crit`; an ID token is no access token nor the other way round.
    Raises BadToken, or ProviderDown when the keys cannot be had.
    """
    header = _header(token)
    algorithm = header.get("alg")
    if algorithm not in expected.algorithms:
        raise BadToken("algorithm")
    _check_type(header.get("typ"), expected)
    claims = _verified(token, _key(header, KINDS[algorithm], key_for), algorithm)
    _check_claims(claims, expected, int(now))
    return claims


def key_wanted(token: str) -> tuple[str | None, type[PublicKey]] | None:
    """Which key a token asks for; None when it is no token that could be good."""
    try:
        header = _header(token)
    except BadToken:
        return None
    kind = KINDS.get(str(header.get("alg")))
    key_id = header.get("kid")
    return (key_id if isinstance(key_id, str) else None, kind) if kind else None


def _header(token: str) -> Mapping[str, Any]:
    """The header before anything is believed; only its form is looked at."""
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise BadToken("too_long")
    parts = token.split(".")
    if len(parts) != 3 or not all(parts[:2]) or not token.isascii():
        raise BadToken("malformed")
    try:
        said = json.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except (ValueError, RecursionError):
        raise BadToken("malformed") from None
    if not isinstance(said, dict):
        raise BadToken("malformed")
    return said


def _check_type(said: object, expected: Expected) -> None:
    kind = said.lower() if isinstance(said, str) else ""
    is_access = kind in ACCESS_TYPES
    is_plain = not expected.needs_type and kind in ("", "jwt")
    if is_access if expected.kind == "id" else not (is_access or is_plain):
        raise BadToken("type")


def _key(header: Mapping[str, Any], kind: type[PublicKey], key_for: KeyFor) -> PublicKey:
    key_id = header.get("kid")
    if key_id is not None and not isinstance(key_id, str):
        raise BadToken("malformed")
    try:
        return key_for(key_id, kind)
    except UnknownKey:
        raise BadToken("key") from None


def _verified(token: str, key: PublicKey, algorithm: str) -> dict[str, Any]:
    # Unknown header fields are ignored unless `crit` names them (RFC 7515 § 4): Entra ID adds some of its own.
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length = 4096
    try:
        return dict(jwt.decode(token, key, registry=registry).claims)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise BadToken("signature") from None


def _check_claims(claims: dict[str, Any], expected: Expected, now: int) -> None:
    registry = JWTClaimsRegistry(
        now=now,
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.audience},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
    )
    try:
        registry.validate(claims)
    except (JoseError, ValueError, TypeError, OverflowError):
        raise BadToken("claims") from None
    if expected.kind == "id":
        _check_id_token(claims, expected)
    elif any(name in claims for name in ID_TOKEN_CLAIMS) or claims.get("typ") == "ID":  # Keycloak marks its ID tokens
        raise BadToken("type")
    if expected.max_age is not None and now - claims["iat"] > expected.max_age:
        raise BadToken("stale")


def _check_id_token(claims: Mapping[str, Any], expected: Expected) -> None:
    """OpenID Connect Core § 3.1.3.7: the nonce of this sign-in, and no other authorised party."""
    if expected.nonce is not None and claims.get("nonce") != expected.nonce:
        raise BadToken("claims")
    if claims.get("azp", expected.audience) != expected.audience:
        raise BadToken("claims")
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and "azp" not in claims:
        raise BadToken("claims")
