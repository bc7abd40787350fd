"""The provider's public keys: kept five minutes, longer while it is down, fetched anew once for an unknown key id."""

import logging
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
SOON_SECONDS, LONG_SECONDS = 1.0, 12.0
"""How long a token waits for the provider: with a key that is known and only old, and with one that is not."""
MIN_RSA_BITS = 2048
LOGGER = logging.getLogger("luotain.serving")

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
        self._asked = -COOLDOWN_SECONDS
        self._answered: threading.Event | None = None

    def ready(self, key_id: str | None, kind: type[PublicKey]) -> PublicKey | None:
        """The key when it is at hand and fresh, without asking anybody."""
        return self._younger_than(LIFE_SECONDS, key_id, kind)

    def find(self, key_id: str | None, kind: type[PublicKey]) -> PublicKey:
        """The key of a token; may ask the provider, and waits long only for a key that is not known.

        Raises UnknownKey, or ProviderDown when there are no keys to judge by.
        """
        found = self.ready(key_id, kind)
        if found is not None:
            return found
        usable = LIFE_SECONDS + self._grace
        known = self._younger_than(usable, key_id, kind)
        answered = self._ask()
        if answered is not None:
            answered.wait(SOON_SECONDS if known else LONG_SECONDS)
        found = self._younger_than(usable, key_id, kind)
        if found is not None:
            return found
        kept = self._kept
        if kept is None or self._age(kept) >= usable:
            raise ProviderDown("no keys")
        raise UnknownKey

    def _ask(self) -> threading.Event | None:
        """Set when the provider has answered; one question at a time, none within the cooldown of the last one."""
        with self._lock:
            if self._answered is not None and not self._answered.is_set():
                return self._answered
            if self._clock() - self._asked < COOLDOWN_SECONDS:
                return None
            self._asked, self._answered = self._clock(), threading.Event()
            threading.Thread(target=self._refresh, args=(self._answered,), daemon=True).start()
            return self._answered

    def _refresh(self, answered: threading.Event) -> None:
        try:
            self._kept = _Kept(_usable(self._fetch()), self._clock())
        except (ProviderDown, ProviderRefused):
            LOGGER.warning("The identity provider did not give its keys; the known ones are used while they may be.")
        finally:
            answered.set()

    def _younger_than(self, seconds: float, key_id: str | None, kind: type[PublicKey]) -> PublicKey | None:
        kept = self._kept
        return _choose(kept, key_id, kind) if kept and self._age(kept) < seconds else None

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
