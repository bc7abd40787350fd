"""The provider's public keys: kept five minutes, longer while it is down, fetched anew once for an unknown key id."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from serving.users.oidc.provider import ProviderDown, ProviderRefused

LIFE_SECONDS = 300.0
COOLDOWN_SECONDS = 30.0
"""The least time between two fetches, whatever key ids strangers make up and however long the provider is down."""
MIN_RSA_BITS = 2048

PublicKey = RSAKey | ECKey
Fetch = Callable[[], Mapping[str, Any]]


class UnknownKey(Exception):
    """No key of the provider has this id."""


@dataclass(frozen=True)
class _Kept:
    keys: Mapping[str, PublicKey]
    """By key id; keys without one under their place in the set."""
    fetched: float


class ProviderKeys:
    """The cache.  `fetch` asks the provider and may raise ProviderDown; `clock` counts seconds and never jumps."""

    def __init__(self, fetch: Fetch, grace_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._grace = grace_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: _Kept | None = None
        self._tried = -COOLDOWN_SECONDS

    def ready(self, key_id: str | None, kind: type[PublicKey]) -> PublicKey | None:
        """The key when it is at hand and fresh, without asking anybody."""
        kept = self._kept
        return _choose(kept, key_id, kind) if kept and self._age(kept) < LIFE_SECONDS else None

    def find(self, key_id: str | None, kind: type[PublicKey]) -> PublicKey:
        """The key of a token; may ask the provider.  Raises UnknownKey or ProviderDown."""
        found = self.ready(key_id, kind)
        if found is not None:
            return found
        with self._lock:  # one thread asks, the others wait for what it learns
            found = self.ready(key_id, kind)
            if found is not None:
                return found
            down = self._refresh()
        kept = self._kept
        if kept is None or self._age(kept) >= LIFE_SECONDS + self._grace:
            raise down or ProviderDown("asked a moment ago")
        found = _choose(kept, key_id, kind)
        if found is None:
            raise UnknownKey
        return found

    def _refresh(self) -> ProviderDown | None:
        """Ask for the keys unless that was done a moment ago; what went wrong, if anything did."""
        if self._clock() - self._tried < COOLDOWN_SECONDS:
            return None
        self._tried = self._clock()
        try:
            self._kept = _Kept(_usable(self._fetch()), self._clock())
        except ProviderDown as error:
            return error
        except ProviderRefused as error:
            return ProviderDown(error.error)
        return None

    def _age(self, kept: _Kept) -> float:
        return self._clock() - kept.fetched


def _choose(kept: _Kept, key_id: str | None, kind: type[PublicKey]) -> PublicKey | None:
    """By id; a token without one is taken only when there is exactly one key of its kind."""
    if key_id is not None:
        named = kept.keys.get(key_id)
        return named if isinstance(named, kind) else None
    fitting = [key for key in kept.keys.values() if isinstance(key, kind)]
    return fitting[0] if len(fitting) == 1 else None


def _usable(said: Mapping[str, Any]) -> dict[str, PublicKey]:
    """The signature keys that we accept: RSA of 2048 bits or more, EC P-256.  Others are left out."""
    listed = said.get("keys")
    if not isinstance(listed, list):
        raise ProviderDown("no key set")
    found: dict[str, PublicKey] = {}
    for place, raw in enumerate(listed):
        key = _public_key(raw)
        if key is not None:
            found[str(raw.get("kid", f"#{place}"))] = key
    return found


def _public_key(raw: Any) -> PublicKey | None:
    if not isinstance(raw, dict) or raw.get("use", "sig") != "sig":
        return None
    if raw.get("kty") == "RSA" and len(str(raw.get("n", ""))) * 6 < MIN_RSA_BITS:  # base64url: six bits a character
        return None
    try:
        key = JWKRegistry.import_key({name: value for name, value in raw.items() if name not in ("d", "x5c")})
        if isinstance(key, RSAKey):
            return key if key.public_key.key_size >= MIN_RSA_BITS else None
        return key if isinstance(key, ECKey) and key.curve_name == "P-256" else None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
