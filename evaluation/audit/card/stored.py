"""Signed people-impact assessments as files under the records folder; the newest one of a version counts."""

import json
import logging

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from configs.errors import ModelError
from configs.workspace import Workspace
from models.bundles.signing import trusted_keys
from models.oversight.impact import FOLDER, KEY_ENV, KEYS, TRUSTED_ENV, Signed, read_signed

logger = logging.getLogger("luotain.evaluation")


def newest_signed(workspace: Workspace, name: str, version: str) -> tuple[Signed | None, bool]:
    """(the newest assessment of a version, whether its signature holds); (None, False) when nobody has signed."""
    found: list[tuple[Signed, bool]] = []
    for file in sorted((workspace.records / FOLDER).glob(f"{name}_*.json")):
        try:
            found.append(read_signed(json.loads(file.read_text(encoding="utf-8")), signers(workspace)))
        except (KeyError, ValueError, TypeError):
            logger.warning("impact assessment %s cannot be read", file.name)
    own = [pair for pair in found if (pair[0].model, pair[0].version) == (name, version)]
    return max(own, key=lambda pair: pair[0].at) if own else (None, False)


def signers(workspace: Workspace) -> tuple[Ed25519PublicKey, ...]:
    """The public keys of those whose signature counts; none at all when nobody has one."""
    try:
        return trusted_keys(workspace.keys / KEYS, TRUSTED_ENV, KEY_ENV)
    except ModelError:
        return ()
