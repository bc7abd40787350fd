"""The same output in earlier versions of the model, and in trainings with other seeds."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evaluation.audit.drawn.clients import DrawnClients
from evaluation.audit.explained.stability import compared
from evaluation.audit.material import Material
from evaluation.county_reasons.asked import Asked, Output, read_model
from evaluation.metrics import log_odds
from evaluation.published import SEEDS_JSON
from evaluation.report.explanation import ExplainedOutput
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle

MOST_VERSIONS = 3


def retrains(
    material: Material,
    asked: Asked,
    one: Output,
    means: Mapping[str, float],
    output: ExplainedOutput,
    drawn: DrawnClients,
) -> list[dict[str, Any]]:
    """Up to three earlier versions on the same clients; one that reads other features is told as not comparable."""
    earlier = [v for v in material.registry.versions(asked.version.name) if int(v.version) < int(asked.version.version)]
    return [
        _earlier(material, asked, version.version, one, means, output, drawn) for version in earlier[-MOST_VERSIONS:]
    ]


def seeds(material: Material, output: str) -> list[dict[str, Any]] | None:
    """What `python -m training.seeds` found of this version's output; None when nobody has tried."""
    found = material.published(SEEDS_JSON) or {}
    one = found.get("models", {}).get(material.version.name)
    if one is None or one["bundle_sha256"] != material.version.sha256:
        return None
    return list(one["outputs"].get(output, []))


def _earlier(
    material: Material,
    asked: Asked,
    version: str,
    one: Output,
    means: Mapping[str, float],
    output: ExplainedOutput,
    drawn: DrawnClients,
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        fetched = material.registry.fetch(asked.version.name, version, Path(folder) / "bundle")
        model = read_model(verify_bundle(fetched, trusted_keys(material.workspace.keys)))
    other = next((found for found in model.outputs if found.id == one.id), None)
    if other is None or model.parts.feature_names != asked.model.feature_names:
        return {"version": version, "comparable": False}
    odds = log_odds(output.probabilities)
    return {"version": version, "comparable": True, **compared(means, odds, other.model, model.parts, drawn.whole)}
