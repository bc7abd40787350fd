"""The Ed25519 key that signs checkpoints: another one than the models', because the service holds its private half.

It lies in `keys/checkpoints` of the data folder, or in the PEM file that `LUOTAIN_CHECKPOINT_KEY` names.  The public
keys of earlier ones stay in `keys/checkpoints/trusted` (or `LUOTAIN_TRUSTED_CHECKPOINT_KEYS`), so that what they
signed still counts.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from configs.errors import ConfigError, ModelError
from models.bundles.signing import key_id, load_or_create_signing_key, trusted_keys

KEY_VARIABLE = "LUOTAIN_CHECKPOINT_KEY"
TRUSTED_VARIABLE = "LUOTAIN_TRUSTED_CHECKPOINT_KEYS"
FOLDER = "checkpoints"
OWN = "signing.pem"


def checkpoint_key(keys: Path) -> Ed25519PrivateKey:
    """The key that signs now, made at first use.  Raises ModelError when it cannot be read."""
    return load_or_create_signing_key(keys / FOLDER, KEY_VARIABLE)


def checkpoint_keys(keys: Path) -> tuple[Ed25519PublicKey, ...]:
    """Every key whose statements count: this one, earlier ones, and the models' key, which signed before there was one.

    Raises ModelError when there is none.
    """
    own = _trusted(keys / FOLDER, TRUSTED_VARIABLE, KEY_VARIABLE)
    return (*own, *_trusted(keys)) if own or _trusted(keys) else trusted_keys(keys)


def rotate(keys: Path) -> tuple[str, str]:
    """Take a new key into use and destroy the private half of the old one; the ids of both."""
    old = key_id(checkpoint_key(keys).public_key())
    file = keys / FOLDER / OWN
    if not file.is_file():
        raise ConfigError(f"The key comes from {KEY_VARIABLE}. Put the new PEM file there; keep the old public key.")
    file.unlink()
    return old, key_id(checkpoint_key(keys).public_key())


def _trusted(folder: Path, *variables: str) -> tuple[Ed25519PublicKey, ...]:
    try:
        return trusted_keys(folder, *variables)
    except ModelError:
        return ()
