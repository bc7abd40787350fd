"""What the address bar carries for a client: a name that means something in one session only.

A handle is the client's pseudonym (16 bytes) enciphered as one AES block under the session's own random key.
So it needs no table, differs from session to session, and a made-up handle is an unknown client.
"""

import base64
import re

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_CLIENT_ID = re.compile(r"[0-9a-f]{32}")
_HANDLE = re.compile(r"[A-Za-z0-9_-]{22}")


def handle_of(client_id: str, key: bytes) -> str:
    """The session's 22-character handle of a client."""
    if not _CLIENT_ID.fullmatch(client_id):
        raise ValueError("A client id is 32 hexadecimal characters.")
    block = _cipher(key).encryptor().update(bytes.fromhex(client_id))
    return base64.urlsafe_b64encode(block).rstrip(b"=").decode("ascii")


def client_of(handle: str, key: bytes) -> str | None:
    """The client that `handle` names in this session; None when it cannot be a handle."""
    if not _HANDLE.fullmatch(handle):
        return None
    block = base64.urlsafe_b64decode(handle + "==")
    if base64.urlsafe_b64encode(block).rstrip(b"=").decode("ascii") != handle:
        return None
    return _cipher(key).decryptor().update(block).hex()


def _cipher(key: bytes) -> Cipher[modes.ECB]:
    # One block of already pseudonymous, unique data under a key of its own: ECB is a plain keyed permutation here.
    return Cipher(algorithms.AES(key), modes.ECB())
