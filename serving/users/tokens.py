"""Bearer tokens of the API in development: signed with a local key, short-lived, accepted on loopback only.

A token says only who it is for; role, unit and service tasks are looked up at each request.
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime

AUDIENCE = "luotain-development"
MAX_TOKEN_CHARACTERS = 4096
KEY_FILE = "development_token.key"


def issue_token(user_id: str, key: bytes, now: datetime, seconds: int) -> str:
    """A token for `user_id` that is good from `now` (UTC) for `seconds`."""
    issued = int(now.timestamp())
    claims = {"aud": AUDIENCE, "exp": issued + seconds, "iat": issued, "sub": user_id}
    payload = _text(json.dumps(claims, sort_keys=True).encode())
    return f"{payload}.{_text(_signature(payload, key))}"


def user_of_token(token: str, key: bytes, now: datetime) -> str | None:
    """Whom the token was issued for; None when it is damaged, forged, too long, not yet or no longer good."""
    payload, dot, signature = token.partition(".")
    if len(token) > MAX_TOKEN_CHARACTERS or not dot or not token.isascii():
        return None
    if not hmac.compare_digest(_text(_signature(payload, key)), signature):
        return None
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    good_now = claims["iat"] <= now.timestamp() < claims["exp"]
    return str(claims["sub"]) if good_now and claims["aud"] == AUDIENCE else None


def _signature(payload: str, key: bytes) -> bytes:
    return hmac.new(key, payload.encode("ascii"), hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
