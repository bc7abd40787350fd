"""Reads the newest demand forecast and says how far a task's figures are from it."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from configs.workspace import Workspace
from evaluation.areas.gap import comparable, gaps, nothing_to_compare
from evaluation.areas.settings import Demand
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.demand.model import DemandModel
from models.names import DEMAND_PREFIX, demand_model
from models.needs.need import NeedTask
from models.registry import Registry


def against_demand(
    workspace: Workspace, registry: Registry, settings: Demand, task: NeedTask, figures: Mapping[str, Any]
) -> dict[str, Any]:
    """{comparable, why, lines}: the gap by area of the shown areas, or the sentence that says why there is none."""
    version = registry.latest(demand_model(settings.model))
    if version is None:
        known = [name for name in registry.names() if name.startswith(DEMAND_PREFIX)]
        return {"comparable": False, "why": nothing_to_compare(known), "lines": []}
    with tempfile.TemporaryDirectory() as folder:
        fetched = registry.fetch(version.name, version.version, Path(folder) / "bundle")
        model = DemandModel.from_bundle(verify_bundle(fetched, trusted_keys(workspace.keys)))
    measure, reach = settings.measures.get(task.id), task.horizon_days + task.gap_days
    why = comparable(model.config, measure, reach)
    if why is not None or measure is None:
        return {"comparable": False, "why": why, "lines": []}
    shown = {line["id"]: line["total"]["value"] for line in figures["areas"] if not line["hidden"]}
    county = None if figures["county"]["hidden"] else figures["county"]["total"]["value"]
    return {
        "comparable": True,
        "why": None,
        "lines": gaps(county, shown, model.forecast, measure, model.config.period, reach),
    }
