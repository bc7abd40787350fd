"""How often realised demand lay inside the intervals that were told before it: by model, from the kept forecasts."""

from typing import Any

import pandas as pd

from configs.workspace import Workspace
from evaluation.demand_reports.kept import kept_forecasts
from evaluation.live_bundles import verified
from evaluation.monitoring.alarms import Alarm, narrow
from evaluation.monitoring.settings import Thresholds
from models.demand.model import DemandModel
from models.registry import Registry

DEMAND = "demand_"


def coverages(
    registry: Registry, workspace: Workspace, folder: str, limits: Thresholds
) -> tuple[list[dict[str, Any]], list[Alarm]]:
    """A line per live demand model that has kept forecasts with realised periods, and the alarms."""
    lines, alarms = [], list[Alarm]()
    live = {name: one for name, one in sorted(registry.champions().items()) if name.startswith(DEMAND)}
    kept = {name: kept_forecasts(workspace.published / folder / name.removeprefix(DEMAND)) for name in live}
    told = [live[name] for name, rows in kept.items() if not rows.empty]
    for name, bundle in verified(workspace, registry, told).items():
        model = DemandModel.from_bundle(bundle)
        line = covered(name, kept[name], {str(key): values for key, values in model.history.items()})
        lines.append(line)
        if line["sums"] >= limits.least_sums and line["coverage80"] < limits.coverage80:
            alarms.append(narrow(name, line["coverage80"], line["sums"]))
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
