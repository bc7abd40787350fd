"""The manager's figures, as evaluation published them: nothing is computed here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.small_cells import SMALLEST_CELL
from serving.oversight.gathering import published_json

GROUPS, DEMAND, PLAN = "client_groups.json", "demand_reports.json", "indicators.json"
ATTAINMENT, COUNTY = "attainment", "county"


def groups_report(published: Path, snapshot_sha256: str) -> Mapping[str, Any] | None:
    """The client-grouping report of these registers; None when there is none, or one of another kind."""
    return _first_format(published_json(published, snapshot_sha256, GROUPS))


def plan_report(published: Path, snapshot_sha256: str) -> Mapping[str, Any] | None:
    """The indicators of the county plans of these registers; None when there are none, or of another kind."""
    return _first_format(published_json(published, snapshot_sha256, PLAN))


def _first_format(found: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return found if found is not None and found.get("format") == 1 else None


def indicators_of(published: Path, snapshot_sha256: str) -> tuple[Mapping[str, Any], ...]:
    """Attainment of the time limits in the whole county: {service, level, lately, share, low80, high80, target}.

    A line whose count of requests is hidden or below five is left out: its share would tell of single clients.
    """
    demand = published_json(published, snapshot_sha256, DEMAND)
    sections = (demand or {}).get("sections", ())
    lines = next((one["lines"] for one in sections if one.get("id") == ATTAINMENT), ())
    return tuple(_line(one) for one in lines if one["area"] == COUNTY and (one["requests"] or 0) >= SMALLEST_CELL)


def _line(one: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = ("service", "level", "share", "low80", "high80", "target", "meets_target")
    return {**{name: one[name] for name in kept}, "lately": one["share_lately"]}
