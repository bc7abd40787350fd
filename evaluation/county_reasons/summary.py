"""What the page, the JSON and the CSV say: group-level figures, small groups hidden."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from evaluation.county_reasons.asked import Asked, Output
from evaluation.county_reasons.groups import Group, GroupSums, Sums

FORMAT = 1
CSV_HEAD = ("model", "version", "output", "municipality", "age_band", "clients", "family", "mean_absolute", "mean")


@dataclass(frozen=True)
class Counted:
    """One output of a live model with its sums."""

    asked: Asked
    output: Output
    sums: GroupSums


def summarise(snapshot_sha256: str, as_of: date, clients: int, counted: Sequence[Counted]) -> dict[str, Any]:
    """Everything that is published.  `clients` is how many the history has on the date."""
    return {
        "format": FORMAT,
        "snapshot_sha256": snapshot_sha256,
        "as_of": as_of.isoformat(),
        "clients": clients,
        "families": _families(counted),
        "outputs": [_output(one) for one in counted],
    }


def csv_rows(summary: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The shown groups, one line per family, and the whole county with empty group names."""
    yield CSV_HEAD
    for output in summary["outputs"]:
        head = (output["model"], output["version"], output["id"])
        for group in ({"municipality": "", "age_band": "", **output["everyone"]}, *output["groups"]):
            place = (group["municipality"], group["age_band"], str(group["clients"] or ""))
            for reason in group["reasons"]:
                figures = (f"{reason['mean_absolute']:.6f}", f"{reason['mean']:.6f}")
                yield (*head, *place, reason["family"], *figures)


def _families(counted: Sequence[Counted]) -> dict[str, Any]:
    """Name, dimension and role of every family that some model sees."""
    described: dict[str, Any] = {}
    for one in counted:
        catalogue = one.asked.model.catalogue
        for family in one.sums.families:
            known = catalogue.families[family]
            described[family] = {"name": known.name.as_text(), "dimension": known.dimension, "role": known.role}
    return described


def _output(one: Counted) -> dict[str, Any]:
    everyone, version = one.sums.everyone(), one.asked.version
    shown = [_group(group, sums, one.sums.families) for group, sums in one.sums.shown()]
    return {
        "model": version.name,
        "version": version.version,
        "bundle_sha256": version.sha256,
        "id": one.output.id,
        "name": dict(one.output.name),
        "everyone": _figures(everyone, one.sums.families),
        "groups": shown,
        "hidden": sum(group["clients"] is None for group in shown),
    }


def _group(group: Group, sums: Sums | None, families: Sequence[str]) -> dict[str, Any]:
    figures = {"clients": None, "probability": None, "reasons": []} if sums is None else _figures(sums, families)
    return {"municipality": group.municipality, "age_band": group.age_band, **figures}


def _figures(sums: Sums, families: Sequence[str]) -> dict[str, Any]:
    """Means per client; the weightiest family first (ties by name)."""
    n = max(sums.clients, 1)
    order = np.lexsort((np.array(families), -sums.absolute))
    reasons = [
        {
            "family": families[place],
            "mean_absolute": float(sums.absolute[place] / n),
            "mean": float(sums.contribution[place] / n),
        }
        for place in order
    ]
    return {"clients": sums.clients, "probability": sums.probability / n, "reasons": reasons}
