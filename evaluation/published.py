"""Where published files lie and what they are called; every command that publishes for a snapshot agrees here."""

import shutil
from pathlib import Path

from configs.workspace import Workspace

FOLDER_LETTERS = 12  # of the snapshot's SHA-256
QUALITY_HTML, QUALITY_JSON = "quality.html", "quality.json"
REASONS_HTML, REASONS_JSON, REASONS_CSV = "county_reasons.html", "county_reasons.json", "county_reasons.csv"
CLUSTERS_HTML, CLUSTERS_JSON, SELECTION_JSON = "clusters.html", "clusters.json", "selection.json"
TAKEN_ALONG = (
    *(QUALITY_HTML, QUALITY_JSON),
    *(REASONS_HTML, REASONS_JSON, REASONS_CSV),
    *(CLUSTERS_HTML, CLUSTERS_JSON, SELECTION_JSON),
)
"""Written by evaluation.quality, .county_reasons, .clusters, .selection; evaluate keeps them in the new folder."""


def published_folder(workspace: Workspace, snapshot_sha256: str) -> Path:
    """The folder of one snapshot."""
    return workspace.published / snapshot_sha256[:FOLDER_LETTERS]


def take_along(old: Path, new: Path) -> None:
    """Keep in the new folder what another command had published about the same snapshot."""
    for name in TAKEN_ALONG:
        if (old / name).is_file():
            shutil.copyfile(old / name, new / name)
