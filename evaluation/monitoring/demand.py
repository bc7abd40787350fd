"""How often realised demand lay inside the intervals that were told before it: by model, from the kept forecasts."""

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from configs.workspace import Workspace
from evaluation.demand_reports.kept import kept_forecasts
from evaluation.monitoring.settings import Thresholds
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.demand.model import DemandModel
from models.registry import Registry

DEMAND = "demand_"


def coverages(
    registry: Registry, workspace: Workspace, folder: str, limits: Thresholds
) -> tuple[list[dict[str, Any]], list[str]]:
    """A line per live demand model that has kept forecasts with realised periods, and the alarms."""
    lines, alarms = [], []
    for name, version in sorted(registry.champions().items()):
        if not name.startswith(DEMAND):
            continue
        kept = kept_forecasts(workspace.published / folder / name.removeprefix(DEMAND))
        if kept.empty:
            continue
        with tempfile.TemporaryDirectory() as place:
            fetched = registry.fetch(name, version.version, Path(place) / "bundle")
            model = DemandModel.from_bundle(verify_bundle(fetched, trusted_keys(workspace.keys)))
        line = covered(name, kept, {str(key): values for key, values in model.history.items()})
        lines.append(line)
        if line["sums"] >= limits.least_sums and line["coverage80"] < limits.coverage80:
            alarms.append(f"{name}: the 80 % interval held {line['coverage80']:.2f} of {line['sums']} realised periods")
    return lines, alarms


def covered(name: str, kept: pd.DataFrame, history: dict[str, pd.Series]) -> dict[str, Any]:
    """One model's line: realised periods and the share inside each interval (None without any).

    A period counts only when the forecast was said before it began.
    """
    kept = kept[pd.to_datetime(kept["said"]) < kept["ds"]]
    parts = [
        rows.assign(came=history[str(series)].reindex(rows["ds"]).to_numpy())
        for series, rows in kept.groupby("series_id")
        if str(series) in history
    ]
    known = pd.concat(parts).dropna(subset=["came"]) if parts else kept.assign(came=0.0).iloc[:0]
    share = {
        level: float(known["came"].between(known[f"low{level}"], known[f"high{level}"]).mean()) if len(known) else None
        for level in (80, 95)
    }
    return {"name": name, "sums": len(known), "coverage80": share[80], "coverage95": share[95]}
