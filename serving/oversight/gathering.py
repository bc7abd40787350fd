"""Collects the facts that a verdict rests on: the registry, the promotion ledger and the published files."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from configs.errors import LuotainError
from configs.workspace import Workspace
from models.bundles.papers import newest_signed
from models.names import DEMAND_PREFIX, FLOW_PREFIX
from models.oversight.facts import DataQuality, ModelFacts, Promotion, Stopped
from models.oversight.impact import Impact, impact_of
from serving.engine.contract import DataStamp
from serving.pages.services import ModelVersion
from serving.records.promotions import Promotions, read_promotions

FOLDER_LETTERS = 12
"""Of the snapshot's SHA-256: how evaluation names the folder of what it publishes."""
logger = logging.getLogger("luotain.serving")


def ledger_of(workspace: Workspace, url: str | None) -> tuple[Promotions | None, bool | None]:
    """The promotions and whether their chain is whole; None = there is no ledger, False = it cannot be relied on."""
    try:
        found = read_promotions(workspace, url)
    except LuotainError as fault:
        logger.warning("promotion ledger: %s", fault)
        return None, False
    return found, (found.first_bad is None if found is not None else None)


def facts_of(
    version: ModelVersion,
    promotion: Promotion | None,
    chains: tuple[bool | None, bool | None],
    published: Mapping[str, Any] | None,
    data: DataStamp | None,
    quality: DataQuality | None,
    stopped: Stopped | None,
    impact: Impact | None = None,
) -> ModelFacts:
    """The facts of one live version; `chains` = (ledger, audit log), `data` says which day it is."""
    return ModelFacts(
        kind="planning" if version.name.startswith((DEMAND_PREFIX, FLOW_PREFIX)) else "client",
        version=version.version,
        bundle_sha256=version.bundle_sha256,
        promotion=promotion,
        ledger_intact=chains[0],
        log_intact=chains[1],
        outputs=published["outputs"] if published else None,
        days_old=(data.as_of - date.fromisoformat(version.data_until)).days if data and version.data_until else None,
        quality=quality,
        stopped=stopped,
        today=datetime.now(UTC).date(),
        impact=impact,
    )


def impact_state(workspace: Workspace, name: str, version: str, today: date) -> Impact:
    """The people-impact assessment of a version: the newest signed file under the records folder counts."""
    signed, intact = newest_signed(workspace.records, workspace.keys, name, version)
    return impact_of(signed, intact, version, today)


def published_json(published: Path, snapshot_sha256: str, file: str) -> Mapping[str, Any] | None:
    """One published file of a snapshot; None when it is not there or no JSON object."""
    path = published / snapshot_sha256[:FOLDER_LETTERS] / file
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        logger.warning("published: %s is not what it should be; publish it again", file)
        return None
    return found if isinstance(found, dict) else None


def quality_of(report: Mapping[str, Any] | None) -> DataQuality | None:
    """What the data-quality report counts; None without one."""
    if report is None:
        return None
    undeclared = sum(change.get("declared") is None for change in report.get("changes", ()))
    off = sum(bool(line.get("off")) for line in report.get("families", {}).get("lines", ()))
    return DataQuality(undeclared, off)
