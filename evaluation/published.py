"""Where published files lie and what they are called; every command that publishes for a snapshot agrees here."""

import shutil
from pathlib import Path

from configs.workspace import Workspace

FOLDER_LETTERS = 12  # of the snapshot's SHA-256
QUALITY_HTML, QUALITY_JSON = "quality.html", "quality.json"
"""Written by evaluation.quality; evaluate takes them along when it replaces the folder."""
AREAS_HTML, AREAS_JSON, AREAS_CSV = "areas.html", "areas.json", "areas.csv"
"""Written by evaluation.areas; taken along likewise."""


def published_folder(workspace: Workspace, snapshot_sha256: str) -> Path:
    """The folder of one snapshot."""
    return workspace.published / snapshot_sha256[:FOLDER_LETTERS]


def take_along(old: Path, new: Path) -> None:
    """Keep in the new folder what another command had published about the same snapshot."""
    for name in (QUALITY_HTML, QUALITY_JSON, AREAS_HTML, AREAS_JSON, AREAS_CSV):
        if (old / name).is_file():
            shutil.copyfile(old / name, new / name)
