"""What a promotion asks beside the hold-out: how old the data are, how sound the registers, and who answers for it."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Literal

from configs.errors import DataError
from configs.workspace import Workspace
from evaluation.published import QUALITY_JSON, published_folder
from evaluation.report.shap_report import REPORT_JSON
from features.store import open_snapshot
from models.owners import FIELDS, TAG
from models.registry import RegisteredBundle, Registry
from training.publishing.publish import DATA_UNTIL

AGE, UNDECLARED, OWNERS_MISSING = "data_age_days", "undeclared_changes", "owner_fields_missing"
Clock = Literal["system", "data"]


def standing(registry: Registry, workspace: Workspace, version: RegisteredBundle, clock: Clock) -> dict[str, float]:
    """`data_age_days`, `undeclared_changes` and `owner_fields_missing`; what is not known is left out."""
    found = {OWNERS_MISSING: float(sum(not version.tags.get(TAG.format(field=name), "").strip() for name in FIELDS))}
    until = data_until(registry, version)
    if until is not None:
        found[AGE] = float((_today(workspace, until, clock) - until).days)
    undeclared = undeclared_changes(workspace, version.snapshot_sha256)
    return found if undeclared is None else {**found, UNDECLARED: float(undeclared)}


def data_until(registry: Registry, version: RegisteredBundle) -> date | None:
    """The last day that the version's data cover: its tag, or its audit report; None = nobody knows."""
    told = version.tags.get(DATA_UNTIL) or _reported(registry, version)
    try:
        return date.fromisoformat(told) if told else None
    except ValueError:
        return None


def undeclared_changes(workspace: Workspace, snapshot_sha256: str) -> int | None:
    """Breaks in the registers that no source declares, by the published data-quality report; None without one."""
    file = published_folder(workspace, snapshot_sha256) / QUALITY_JSON
    try:
        changes = json.loads(file.read_text(encoding="utf-8"))["changes"]
        return sum(change["declared"] is None for change in changes)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _reported(registry: Registry, version: RegisteredBundle) -> str:
    if REPORT_JSON not in registry.artefact_names(version.run_id):
        return ""
    report: Mapping[str, Mapping[str, str]] = json.loads(registry.artefact(version.run_id, REPORT_JSON).read_text())
    return str(report.get("identity", {}).get(DATA_UNTIL, ""))


def _today(workspace: Workspace, until: date, clock: Clock) -> date:
    """By the system's clock; with `data` the last day that the store or the version knows (invented data)."""
    if clock == "system":
        return datetime.now(UTC).date()
    try:
        return max(until, open_snapshot(workspace.store).data_until)
    except DataError:
        return until
