"""The figures of a model about clients: performance, groups, uncertainty, explanation and its QA."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from configs.errors import ModelError
from evaluation import metrics as formulas
from evaluation.audit.drawn.clients import DrawnClients, drawn_clients
from evaluation.audit.explained import checks, examples, proxies
from evaluation.audit.explained.changes import changes
from evaluation.audit.explained.importance import by_group, importance, most_apart
from evaluation.audit.explained.interactions import interactions
from evaluation.audit.explained.outputs import explained_output
from evaluation.audit.explained.retrained import retrains, seeds
from evaluation.audit.explained.sentences import said_truly
from evaluation.audit.figures.measured import measured
from evaluation.audit.figures.tables import group_lines, overall_sets, threshold_table
from evaluation.audit.material import Material
from evaluation.audit.settings import AuditConfig
from evaluation.county_reasons.asked import Asked, Output
from evaluation.held_out.groups import SMALLEST_CELL
from evaluation.held_out.stored import CLASSES_FILE, PREDICTIONS_FILE, checked_predictions, measure_classes
from evaluation.report.explanation import direction
from features.store import Snapshot
from models.segments.segmentation import SegmentationModel

SHOWN_FAMILIES, GROUP_FAMILIES = 15, 6


def client_figures(
    material: Material, asked: Asked, history: Path, snapshot: Snapshot, config: AuditConfig
) -> dict[str, Any]:
    """Everything measured of one model.  Raises ModelError when its run holds no predictions."""
    predictions = material.frame(PREDICTIONS_FILE)
    if predictions is None:
        raise ModelError(f"The run of {material.version.name} holds no {PREDICTIONS_FILE}. Train the model again.")
    checked_predictions(predictions)
    drawn = drawn_clients(asked, history, snapshot, config.sample_rows, config.seed)
    small = _small(drawn, config)
    explained = tqdm(asked.outputs, desc=f"audit {material.version.name}", unit="output", disable=None, leave=False)
    return {
        "performance": [_performed(str(id), part, config) for id, part in predictions.groupby("output", observed=True)],
        "classes": _classes(material),
        "sets": overall_sets(material.document("conformal_report.json"), material.metrics),
        "sample": _sample(drawn),
        "explanation": [_explained(one, asked, drawn, small, config, material) for one in explained],
        "replayed": checks.replayed(asked.bundle, asked.model),
    }


def _performed(id: str, part: pd.DataFrame, config: AuditConfig) -> dict[str, Any]:
    label, p = part["label"].to_numpy(), part["p"].to_numpy(np.float64)
    return {
        "id": id,
        "rows": len(part),
        "clients": int(part["client"].nunique()),
        "events": int(label.sum()),
        "prevalence": float(label.mean()),
        "first_as_of": str(part["as_of"].min().date()),
        "last_as_of": str(part["as_of"].max().date()),
        "metrics": measured(part, config.repeats, seed=1),
        "reliability": [list(point) for point in formulas.reliability(label, p, smallest=SMALLEST_CELL)],
        "thresholds": threshold_table(part, config.thresholds),
        "groups": group_lines(part, config.repeats),
    }


def _classes(material: Material) -> dict[str, float] | None:
    classes = material.frame(CLASSES_FILE)
    return None if classes is None else measure_classes(classes)


def _sample(drawn: DrawnClients) -> dict[str, Any]:
    as_of = str(drawn.as_of.date())
    return {"as_of": as_of, "clients": drawn.asked, "answered": drawn.answered, "rows": len(drawn.used)}


def _small(drawn: DrawnClients, config: AuditConfig) -> DrawnClients:
    """The few hundred rows whose interactions are looked at."""
    chosen = np.random.default_rng(config.seed).permutation(len(drawn.used))[: config.interaction_rows]
    return drawn.part(np.isin(np.arange(len(drawn.used)), chosen))


def _explained(
    one: Output, asked: Asked, drawn: DrawnClients, small: DrawnClients, config: AuditConfig, material: Material
) -> dict[str, Any]:
    specs = asked.model.parts.explainer.specs
    output = explained_output(one.id, one.name, one.model, drawn.used)
    values = output.explanation.values
    weights = importance(values, specs, drawn.strata)
    shares = {line["family"]: line["share"] for line in weights}
    means = {line["family"]: line["mean"] for line in weights}
    shown = [line["family"] for line in weights[:SHOWN_FAMILIES] if line["mean"] > 0]
    groups = by_group(values, specs, drawn.groups, shown[:GROUP_FAMILIES])
    ordered = [means[family] for family in checks.columns_of(specs)]
    segment, names = _segments(asked, drawn, output.probabilities)
    return {
        "id": one.id,
        "name": dict(one.name),
        "base": float(np.mean(output.served_base)),
        "importance": weights,
        "direction": direction(output, specs, shown),
        "interactions": interactions(explained_output(one.id, one.name, one.model, small.used), specs, small.strata),
        "by_group": groups,
        "most_apart": most_apart(groups),
        "proxies": proxies.proxies(drawn.used, output.probabilities, specs, drawn.groups, shares),
        "examples": examples.examples(
            segment, names, drawn.used, output.served_contributions, asked.model.parts.explainer
        ),
        "changes": changes(one.model, asked.model.parts, _spread(drawn, config), one.id),
        "retrains": retrains(material, asked, one, means, output, drawn),
        "seeds": seeds(material, one.id),
        "checks": {
            "additivity": checks.additivity(output),
            "alone": checks.alone_as_together(one.model, drawn.used),
            "noise": checks.under_noise(one.model, _spread(drawn, config), specs, config.seed),
            "permutation": checks.against_permutation(one.model, _spread(drawn, config), specs, ordered, config.seed),
            "sentences": said_truly(one.model, asked.model.parts, _spread(drawn, config)),
        },
    }


def _spread(drawn: DrawnClients, config: AuditConfig) -> np.ndarray:
    """The sample in a random order: its first rows are as good as any."""
    return np.asarray(drawn.used[np.random.default_rng(config.seed).permutation(len(drawn.used))])


def _segments(asked: Asked, drawn: DrawnClients, probabilities: np.ndarray) -> tuple[np.ndarray, Sequence[str]]:
    """The proposed segment of each client, or her band of probability where the model proposes none."""
    if isinstance(asked.model, SegmentationModel):
        chosen = asked.model.segment_probabilities(drawn.used).argmax(axis=1)
        return np.asarray(chosen), asked.model.scheme.segment_ids
    return examples.bands(probabilities)


def family_names(asked: Asked) -> Mapping[str, Any]:
    """Name, dimension, role and source of every family that the model sees."""
    catalogue = asked.model.catalogue
    return {
        family: {
            "name": catalogue.families[family].name.as_text(),
            "dimension": catalogue.dimensions[catalogue.families[family].dimension].as_text(),
            "role": catalogue.families[family].role,
            "source": catalogue.families[family].source,
        }
        for family in dict.fromkeys(spec.family for spec in asked.model.parts.explainer.specs)
    }
