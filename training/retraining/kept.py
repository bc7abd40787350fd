"""What a cut retraining had already trained: a version of the same code, config and registers is not trained again.

Training gives the same bundle for the same inputs, so nothing would be won but a second version of the same model.
"""

import hashlib
import os
from datetime import datetime

from configs.command import say
from configs.loader import StrictConfig
from configs.workspace import Workspace
from models.chain import canonical_json
from models.registry import RegisteredBundle, connect

SINCE = "LUOTAIN_RETRAINING_SINCE"
"""Set by a resumed retraining for its own steps: versions registered from this moment (UTC) on are its own."""


def kept_version(
    workspace: Workspace, name: str, config: StrictConfig, snapshot_sha256: str
) -> RegisteredBundle | None:
    """The version that this retraining registered before it was cut, or None; None outside a resumed retraining."""
    since = os.environ.get(SINCE)
    if not since:
        return None
    newest = connect(workspace).latest(name)
    wanted = {"config_sha256": config_sha256(config), "snapshot_sha256": snapshot_sha256}
    if newest is None or newest.created < datetime.fromisoformat(since):
        return None
    if any(newest.tags.get(key) != value for key, value in wanted.items()):
        return None
    say(f"{name} version {newest.version} was trained before the interruption (bundle {newest.sha256[:12]}): kept.\n")
    return newest


def config_sha256(config: StrictConfig) -> str:
    """SHA-256 of a config's values: a tag of every version."""
    return hashlib.sha256(canonical_json(config.model_dump(mode="json"))).hexdigest()
