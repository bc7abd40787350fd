"""Ed25519 keys of model bundles and checkpoints: who may say "this model is ours".

The private key lies in the data folder's `keys` (mode 0600) in development and demo; production names a PEM file in
`LUOTAIN_SIGNING_KEY`.  Public keys that are trusted lie in `keys/trusted`, or in the file or folder that
`LUOTAIN_TRUSTED_KEYS` names; an old key stays trusted until its file is removed.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from configs.errors import ModelError

SIGNING_KEY_ENV = "LUOTAIN_SIGNING_KEY"
TRUSTED_KEYS_ENV = "LUOTAIN_TRUSTED_KEYS"
_CONTEXT = b"luotain v1\n"  # so that a signature made for another purpose with the same key is worth nothing here


def load_or_create_signing_key(keys_folder: Path, variable: str = SIGNING_KEY_ENV) -> Ed25519PrivateKey:
    """The private key: the PEM file that `variable` names wins, else `signing.pem` in the folder, made on first use."""
    named = os.environ.get(variable)
    if named:
        return _read_private(Path(named))
    file = keys_folder / "signing.pem"
    if not file.exists():
        _create(file)
    return _read_private(file)


def trusted_keys(
    keys_folder: Path, trusted: str = TRUSTED_KEYS_ENV, signing: str = SIGNING_KEY_ENV
) -> tuple[Ed25519PublicKey, ...]:
    """Every public key whose signature counts.  Raises ModelError when there is none."""
    named = os.environ.get(trusted)
    place = Path(named) if named else keys_folder / "trusted"
    files = sorted(place.glob("*.pem")) if place.is_dir() else [place]
    keys = tuple(_read_public(file) for file in files if file.is_file())
    if not keys and not named and os.environ.get(signing):
        keys = (load_or_create_signing_key(keys_folder, signing).public_key(),)
    if not keys:
        raise ModelError(
            "No trusted signing key was found. Train a model first (`make demo`), or name the public key's PEM file in "
            f"{trusted}."
        )
    return keys


def sign(key: Ed25519PrivateKey, message: bytes) -> str:
    """The signature of `message` as 128 hexadecimal characters; the same message and key give the same text."""
    return key.sign(_CONTEXT + message).hex()


def is_signed(message: bytes, signature: str, public_keys: Sequence[Ed25519PublicKey]) -> bool:
    """True when one of `public_keys` made `signature` for exactly `message`."""
    try:
        raw = bytes.fromhex(signature)
    except ValueError:
        return False
    return any(_matches(key, raw, message) for key in public_keys)


def key_id(key: Ed25519PublicKey) -> str:
    """A short name of a public key, for file names and the audit report: 16 hexadecimal characters."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def _matches(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, _CONTEXT + message)
    except InvalidSignature:
        return False
    return True


def _create(file: Path) -> None:
    """Make a key pair; when two processes do so at once, the first one's key stays."""
    key = Ed25519PrivateKey.generate()
    trusted = file.parent / "trusted" / f"{key_id(key.public_key())}.pem"
    trusted.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    trusted.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    try:
        os.link(draft, file)  # fails when the file exists, unlike rename
    except FileExistsError:
        trusted.unlink()
    finally:
        draft.unlink()


def _read_private(file: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        raise ModelError(
            f"The signing key {file.name} is missing or not a PEM file. Check {SIGNING_KEY_ENV}."
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ModelError(f"The signing key {file.name} is not an Ed25519 key. Make one with `openssl genpkey`.")
    return key


def _read_public(file: Path) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(file.read_bytes())
    except (OSError, ValueError):
        raise ModelError(f"The trusted key {file.name} is not a PEM file. Check {TRUSTED_KEYS_ENV}.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ModelError(f"The trusted key {file.name} is not an Ed25519 key. Remove it from the trusted keys.")
    return key
