"""A fitted chain as files and back: what `FlowModel` keeps in its bundle.  No client: stages, days and counts."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from features.frames import frame_bytes, frame_of
from models.bundles.bundle import Bundle
from models.flow.capacity import StageCapacity
from models.flow.forecast import Added, FlowFit
from models.flow.moves.arrivals import ArrivalForecast
from models.flow.moves.boosted import Boosted, curves
from models.flow.moves.hazards import Hazards
from models.flow.moves.simulate import Present

FIT, PRESENT, HAZARDS, HOURS = "fit.json", "present.parquet", "hazards.parquet", "hours.parquet"
TREES, PROFILES = "chances.lgb.txt", "profiles.parquet"


def fit_files(fit: FlowFit) -> dict[str, bytes]:
    """The bundle's files of a fit."""
    return {
        FIT: as_json(_fit_values(fit)),
        PRESENT: frame_bytes(_counted(fit.present)),
        HAZARDS: frame_bytes(_hazard_table(fit.counted or fit.hazards)),
        HOURS: frame_bytes(_hours_table(fit.capacities)),
        **_boosted_files(fit.boosted),
    }


def _boosted_files(boosted: Boosted | None) -> dict[str, bytes]:
    """The trees in LightGBM's own text, and the kinds of clients (at least twenty stays each, or the whole stage)."""
    if boosted is None:
        return {}
    return {TREES: boosted.text.encode("utf-8"), PROFILES: frame_bytes(boosted.profiles)}


def _boosted(bundle: Bundle) -> Boosted | None:
    return Boosted(bundle.text(TREES), table(bundle, PROFILES)) if TREES in bundle.files else None


def _fit_values(fit: FlowFit) -> dict[str, Any]:
    return {
        "first": fit.first.date().isoformat(),
        "weekdays": fit.weekdays.tolist(),
        "queue_days": dict(fit.queue_days),
        "added": {stage: vars(one) for stage, one in fit.added.items()},
        "arrivals": {stage: {**vars(one), "mean": one.mean.tolist()} for stage, one in fit.arrivals.items()},
        "capacities": {
            stage: {"hours_each": one.hours_each, "basis": one.basis, "per": one.per}
            for stage, one in fit.capacities.items()
        },
    }


def read_fit(bundle: Bundle, stages: tuple[str, ...]) -> FlowFit:
    """The inverse of `fit_files`."""
    said, present, hours = bundle.json(FIT), table(bundle, PRESENT), table(bundle, HOURS)
    counted, boosted = _hazards(table(bundle, HAZARDS), stages), _boosted(bundle)
    return FlowFit(
        first=pd.Timestamp(said["first"]),
        present=Present(*(np.repeat(present[name].to_numpy(int), present["clients"]) for name in ("stage", "days"))),
        arrivals={
            stage: ArrivalForecast(**{**one, "mean": np.array(one["mean"], float)})
            for stage, one in said["arrivals"].items()
        },
        weekdays=np.array(said["weekdays"], float),
        hazards=curves(counted, boosted) if boosted else counted,
        capacities={
            stage: StageCapacity(hours[hours["stage"] == stage].set_index("ds")["hours"], **one)
            for stage, one in said["capacities"].items()
        },
        queue_days={stage: float(days) for stage, days in said["queue_days"].items()},
        added={stage: Added(**one) for stage, one in said.get("added", {}).items()},
        boosted=boosted,
        counted=counted if boosted else None,
    )


def _counted(present: Present) -> pd.DataFrame:
    """Clients per stage and days there, in the order of the line."""
    frame = pd.DataFrame({"stage": present.stage, "days": present.days})
    counts = frame.groupby(["stage", "days"], sort=True).size().rename("clients").reset_index()
    return counts.sort_values(["stage", "days"], ascending=[True, False], ignore_index=True)


def _hazard_table(hazards: Hazards) -> pd.DataFrame:
    """One row per stage and day: `leave`, and one column per destination."""
    _, days, goals = hazards.goes.shape
    frame = pd.DataFrame({"stage": np.repeat(hazards.stages, days), "leave": hazards.leave.reshape(-1)})
    columns = {f"goes_{goal}": hazards.goes[:, :, goal].reshape(-1) for goal in range(goals)}
    return frame.assign(**columns)


def _hazards(rows: pd.DataFrame, stages: tuple[str, ...]) -> Hazards:
    goals = rows.filter(like="goes_").to_numpy(float)
    days = len(rows) // len(stages)
    leave = rows["leave"].to_numpy(float).reshape(len(stages), days)
    return Hazards(stages, leave, goals.reshape(len(stages), days, -1))


def _hours_table(capacities: Mapping[str, StageCapacity]) -> pd.DataFrame:
    parts = [one.hours.rename("hours").rename_axis("ds").reset_index().assign(stage=stage)
             for stage, one in capacities.items()]  # fmt: skip
    none = pd.DataFrame({"ds": pd.Series([], dtype="datetime64[ns]"), "hours": [], "stage": []})
    return pd.concat(parts, ignore_index=True) if parts else none


def table(bundle: Bundle, name: str) -> pd.DataFrame:
    """One Parquet file of a bundle."""
    return frame_of(bundle.bytes_of(name))


def as_json(values: object) -> bytes:
    """Readable JSON, keys in their own order."""
    return json.dumps(values, ensure_ascii=False, indent=1).encode("utf-8")
