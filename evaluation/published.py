"""Where published files lie and what they are called; every command that publishes for a snapshot agrees here."""

import shutil
from pathlib import Path

from configs.workspace import Workspace

FOLDER_LETTERS = 12  # of the snapshot's SHA-256
QUALITY_HTML, QUALITY_JSON = "quality.html", "quality.json"
CLUSTERS_HTML, CLUSTERS_JSON, SELECTION_JSON = "clusters.html", "clusters.json", "selection.json"
REASONS_HTML, REASONS_JSON, REASONS_CSV = "county_reasons.html", "county_reasons.json", "county_reasons.csv"
AREAS_HTML, AREAS_JSON, AREAS_CSV = "areas.html", "areas.json", "areas.csv"
MONITOR_HTML, MONITOR_JSON = "monitor.html", "monitor.json"
FEEDBACK_HTML, FEEDBACK_JSON = "feedback.html", "feedback.json"
CLIENT_GROUPS = "client_groups.json"
GUIDANCE_HTML, GUIDANCE_JSON, GUIDANCE_CSV = "guidance.html", "guidance.json", "guidance.csv"
FAIRNESS, FAIRNESS_PUBLICATION = "fairness", "fairness_publication"
"""Stems of .html, .json and .csv."""
PRIVATE_COUNTS = "private_counts.json"
INDICATORS_HTML, INDICATORS_JSON = "indicators.html", "indicators.json"
INDICATORS_CSV, INDICATORS_PARQUET = "indicators.csv", "indicators.parquet"
RECONCILE_JSON, RECONCILE_CSV = "reconcile.json", "reconcile.csv"
SEEDS_JSON, SERVICE_FACTS = "seeds.json", "service_facts.json"
AUDIT, CARD = "audit_{name}_v{version}", "card_{name}_v{version}"
PLANNING = "planning"
"""Folder of planning files below a snapshot's."""
DECAY = "decay_{task}.json"
TAKEN_ALONG = (
    *("quality.*", "clusters.*", "selection.json", "county_reasons.*"),
    *(DECAY.format(task="*"), "areas.*", "guidance.*", "fairness*", CLIENT_GROUPS, "factors_*", "demand_*"),
    f"{PLANNING}/*",
    PRIVATE_COUNTS,
    "indicators.*",
    "reconcile.*",
    "audit_*",
    "card_*",
    SERVICE_FACTS,
    SEEDS_JSON,
    "monitor.*",
    "feedback.*",
)
"""Written by commands of their own for the same snapshot; evaluate keeps them when it replaces the folder."""


def published_folder(workspace: Workspace, snapshot_sha256: str) -> Path:
    """The folder of one snapshot."""
    return workspace.published / snapshot_sha256[:FOLDER_LETTERS]


def take_along(old: Path, new: Path) -> None:
    """Keep in the new folder what another command had published about the same snapshot."""
    for pattern in TAKEN_ALONG:
        for file in sorted(old.glob(pattern)):
            target = new / file.relative_to(old)
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(file, target)
