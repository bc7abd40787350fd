"""Signed people-impact assessments as files under the records folder: the newest one of a version counts."""

import json
import logging
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from configs.errors import ModelError
from models.bundles.signing import trusted_keys
from models.oversight.impact import FOLDER, KEY_ENV, KEYS, TRUSTED_ENV, Signed, read_signed

logger = logging.getLogger("luotain.models")


def newest_signed(records: Path, keys: Path, name: str, version: str) -> tuple[Signed | None, bool]:
    """(the newest assessment of a version, whether its signature holds); (None, False) when nobody has signed.

    `records` and `keys` are the workspace's folders.  A file that cannot be read is passed over and logged.
    """
    found: list[tuple[Signed, bool]] = []
    for file in sorted((records / FOLDER).glob(f"{name}_*.json")):
        try:
            found.append(read_signed(json.loads(file.read_text(encoding="utf-8")), signers(keys)))
        except (OSError, KeyError, ValueError, TypeError):
            logger.warning("impact assessment %s cannot be read", file.name)
    own = [pair for pair in found if (pair[0].model, pair[0].version) == (name, version)]
    # Of two on one day the later file counts: `sorted` and `max` keep the last of equals only with the place.
    return max(enumerate(own), key=lambda one: (one[1][0].at, one[0]))[1] if own else (None, False)


def signers(keys: Path) -> tuple[Ed25519PublicKey, ...]:
    """The public keys of those whose signature counts; none at all when nobody has one."""
    try:
        return trusted_keys(keys / KEYS, TRUSTED_ENV, KEY_ENV)
    except ModelError:
        return ()
