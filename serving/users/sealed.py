"""Small records that only this service can read and nobody can change: AES-256-GCM under a key file of its own."""

import json
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


def seal(record: dict[str, Any], key: bytes, place: str) -> bytes:
    """The record enciphered; it opens only under the same key and for the same place."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, json.dumps(record).encode("utf-8"), place.encode("utf-8"))


def unseal(sealed: bytes, key: bytes, place: str) -> dict[str, Any] | None:
    """The record; None when it was changed, or sealed under another key or for another place."""
    try:
        text = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode("utf-8"))
    except (InvalidTag, ValueError):
        return None
    found = json.loads(text)
    return found if isinstance(found, dict) else None
