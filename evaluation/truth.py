"""The only reader of what the simulator knows: for benchmarks and the simulator chapter, never for training."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from configs.errors import DataError
from configs.workspace import Workspace
from evaluation.metrics import auroc, kappa
from features.frames import read_frame
from features.histories import build
from features.identity import pseudonymise
from features.keys import load_key
from features.store import open_snapshot
from models.answers import Likelihood, ModelStamp
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.explaining.concepts import ALONE, Concepts
from models.registry import RegisteredBundle, Registry
from models.segments.segmentation import SegmentationModel

MODEL = "segmentation_suuntima_like"
SAMPLE = 2000
"""Clients scored for the chapter (our choice: standard error of an AUROC about .01)."""
EXPLAINED = 200
"""Clients whose reasons are compared with their true drivers (our choice: standard error about .03)."""
SPOKEN = 3
AXES = {"complexity": ("complexity_high", "high"), "resources": ("resources_weak", "weak")}
"""Per axis of the scheme: the column of the truth and the level it means."""


@dataclass(frozen=True)
class Care:
    """How the need of care becomes a step of home care."""

    thresholds: tuple[float, ...]
    """The need from which each step is meant: light, regular, intensive, 24-hour care."""
    heavier: float
    """Chance per month of a heavier step of somebody far above its threshold, at the usual supply; 0-1."""
    steepness: float


@dataclass(frozen=True)
class Truth:
    """Everything that the simulator wrote, with pseudonyms instead of person numbers."""

    monthly: pd.DataFrame
    """client_id, as_of, and what was so at that midnight."""
    unmet_need: pd.DataFrame
    """client_id, as_of, service, met: months with true need."""
    drivers: Mapping[str, list[dict[str, Any]]]
    planted_faults: Mapping[str, Mapping[str, int]]
    """Per extract file: wrong rows by kind."""
    care: Care | None = None
    """None in a truth of an older simulator."""


def read_truth(workspace: Workspace) -> Truth:
    """The truth of a simulated county.  Raises DataError when a part is missing, ConfigError without the key."""
    key = load_key(workspace.keys)
    persons = pd.read_csv(_part(workspace, "persons.csv"), dtype={"henkilotunnus": str})
    client = pd.Series([pseudonymise(key, text) for text in persons["henkilotunnus"]], index=persons["person"])
    return Truth(
        monthly=_with_clients(read_frame(_part(workspace, "monthly.parquet")), client),
        unmet_need=_with_clients(read_frame(_part(workspace, "unmet_need.parquet")), client),
        drivers=json.loads(_part(workspace, "drivers.json").read_text(encoding="utf-8")),
        planted_faults=json.loads(_part(workspace, "planted_faults.json").read_text(encoding="utf-8")),
        care=_care(workspace.truth / "care.json"),
    )


def simulator_chapter(workspace: Workspace, registry: Registry) -> dict[str, Any]:
    """How the world is, and how the segmentation model fares against what is truly so."""
    truth = read_truth(workspace)
    figures = world_figures(truth)
    version = registry.champion(MODEL) or registry.latest(MODEL)
    if version is not None:
        figures += model_figures(workspace, registry, version, truth)
    return {
        "title": {"fi": "Simuloitu maakunta ja totuus", "en": "The simulated county and its truth"},
        "figures": [figure for figure in figures if np.isfinite(figure["value"])],
        "drivers": dict(truth.drivers),
        "planted_faults": {name: dict(kinds) for name, kinds in truth.planted_faults.items()},
    }


def world_figures(truth: Truth) -> list[dict[str, Any]]:
    """What is so of the clients at the last month, and how much need never became use."""
    last = truth.monthly[truth.monthly["as_of"] == truth.monthly["as_of"].max()]
    clients = last[last["long_term"]]
    unmet = truth.unmet_need.groupby(["service", "client_id"], observed=True)["met"].any()
    share = 1 - unmet.groupby("service", observed=True).mean()
    return [
        _figure("Pitkäaikaisia asiakkaita", "Long-term clients", float(len(clients)), "persons"),
        _figure("Monimutkainen tilanne", "High complexity", float(clients["complexity_high"].mean()), "share"),
        _figure("Vähäiset voimavarat", "Weak resources", float(clients["resources_weak"].mean()), "share"),
        *(
            _figure(
                f"Tarve ei koskaan muuttunut käytöksi: {service}", f"Need never became use: {service}", value, "share"
            )
            for service, value in share.astype(float).items()
        ),
    ]


def model_figures(
    workspace: Workspace, registry: Registry, version: RegisteredBundle, truth: Truth
) -> list[dict[str, Any]]:
    """Axis AUROC and kappa against the true levels of a random sample of long-term clients, and the reasons' hits."""
    with tempfile.TemporaryDirectory() as folder:
        fetched = registry.fetch(version.name, version.version, Path(folder) / "bundle")
        model = SegmentationModel.from_bundle(verify_bundle(fetched, trusted_keys(workspace.keys)))
    snapshot = open_snapshot(workspace.store)
    sample = sampled_clients(truth.monthly, np.datetime64(snapshot.data_until + timedelta(days=1)))
    if sample.empty:
        return []
    rows = build(snapshot, sample, model.catalogue, model.vocabulary).frame.to_numpy(np.float32)
    as_of = snapshot.data_until + timedelta(days=1)
    stamp = ModelStamp(version.name, version.version, version.sha256, str(snapshot.data_until), as_of.isoformat())
    return [*_axis_figures(model, rows, sample), *_reason_figures(model, rows, sample, stamp)]


def sampled_clients(monthly: pd.DataFrame, as_of: np.datetime64) -> pd.DataFrame:
    """Long-term clients at the last known month at or before `as_of`; always the same ones for the same truth."""
    known = monthly[monthly["as_of"] <= as_of]
    clients = known[(known["as_of"] == known["as_of"].max()) & known["long_term"]]
    return clients.sample(min(SAMPLE, len(clients)), random_state=0).reset_index(drop=True)


def _axis_figures(model: SegmentationModel, rows: np.ndarray, sample: pd.DataFrame) -> list[dict[str, Any]]:
    used = model.parts.used_columns(rows)
    figures = []
    for axis in model.axes:
        if axis.axis.id not in AXES:
            continue
        column, level = AXES[axis.axis.id]
        place = [one.id for one in axis.axis.levels].index(level)
        p = axis.level_probabilities(used)[:, place:].sum(axis=1)
        label = sample[column].to_numpy().astype(int)
        name = axis.axis.id
        figures += [
            _figure(
                f"AUROC todellista tasoa vastaan: {name}", f"AUROC against the true level: {name}", auroc(label, p), ""
            ),
            _figure(
                f"Kappa todellista tasoa vastaan: {name}",
                f"Kappa against the true level: {name}",
                kappa(label, (p > 0.5).astype(int)),
                "",
            ),
        ]
    return figures


def _reason_figures(
    model: SegmentationModel, rows: np.ndarray, sample: pd.DataFrame, stamp: ModelStamp
) -> list[dict[str, Any]]:
    """Share of clients with a true driver among the three heaviest reasons, and the same for three random families."""
    hits: list[float] = []
    by_chance: list[float] = []
    concepts = model.parts.concepts
    for index in range(min(EXPLAINED, len(sample))):
        for likelihood in model.answer(rows[index], stamp).axes:
            drivers = true_drivers(sample.iloc[index], likelihood.id, concepts)
            if drivers and is_in_need(sample.iloc[index], likelihood.id):
                hit, chance = reason_hit(likelihood, drivers)
                hits.append(hit)
                by_chance.append(chance)
    if not hits:
        return []
    return [
        _figure(
            "Tarpeessa olevien kolme tärkeintä syytä sisältävät todellisen syyn",
            "Top three reasons of clients in need hold a true driver",
            float(np.mean(hits)),
            "share",
        ),
        _figure("Kolme satunnaista sisältäisi", "Three random families would", float(np.mean(by_chance)), "share"),
    ]


def is_in_need(row: pd.Series, output: str) -> bool:
    """True when the client truly is at the upper level of the axis that an explained output belongs to."""
    axis = next((name for name in AXES if output.startswith(name)), None)
    return axis is not None and bool(row[AXES[axis][0]])


def true_drivers(row: pd.Series, output: str, concepts: Concepts = ALONE) -> frozenset[str]:
    """The strongest true drivers of this client on the axis that an explained output belongs to, as concepts."""
    axis = next((name for name in AXES if output.startswith(name)), None)
    columns = [name for name in row.index if axis and str(name).startswith(f"{axis}_driver_")]
    return frozenset(concepts.of_family(str(row[name])) for name in columns if isinstance(row[name], str))


def reason_hit(likelihood: Likelihood, drivers: frozenset[str]) -> tuple[float, float]:
    """Whether the three heaviest known families hold a driver, and how likely three random ones would."""
    known = [reason.family for reason in likelihood.contributions if reason.value is not None]
    hit = float(bool(drivers.intersection(known[:SPOKEN])))
    among = len(drivers.intersection(known))
    missed = 1.0
    for drawn in range(min(SPOKEN, len(known))):
        missed *= max(0, len(known) - among - drawn) / (len(known) - drawn)
    return hit, 1.0 - missed


def _with_clients(frame: pd.DataFrame, client: pd.Series) -> pd.DataFrame:
    named = frame.drop(columns="person")
    named.insert(0, "client_id", client.loc[frame["person"]].to_numpy())
    return named.assign(as_of=named["as_of"].astype("datetime64[s]"))


def _care(file: Path) -> Care | None:
    if not file.is_file():
        return None
    found = json.loads(file.read_text(encoding="utf-8"))
    return Care(tuple(found["thresholds"]), found["heavier"], found["steepness"])


def _figure(fi: str, en: str, value: float, unit: str) -> dict[str, Any]:
    return {"name": {"fi": fi, "en": en}, "value": float(value), "unit": unit}


def _part(workspace: Workspace, name: str) -> Path:
    file = workspace.truth / name
    if not file.is_file():
        raise DataError(
            f"The truth folder has no {name}. Only a simulated county has one: run `python -m features.simulator`."
        )
    return file
