"""Everything an audit report says, as one plain dict.  The template only lays it out; the tests read this."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from configs.errors import DataError
from evaluation import metrics as formulas
from evaluation.held_out.groups import SMALLEST_CELL, GroupRow, group_tables, hidden_cells
from evaluation.held_out.stored import (
    CLASS_METRICS,
    PROBABILITY_METRICS,
    Measure,
    checked_classes,
    checked_predictions,
    gain_interval,
    group_columns,
    interval,
)
from evaluation.metrics import Interval
from evaluation.report.explanation import ExplainedOutput, Text, direction, importance, profiles
from evaluation.report.verdict import verdict
from features.catalogue import Catalogue
from features.catalogue.specs import FeatureSpec
from models.chain import canonical_json

FORMAT = 1
REPEATS = 200
MOST_FAMILIES = 15
WANTED_GROUPS = {
    "sex": "sukupuoli",
    "age_band": "ikäryhmä",
    "language": "kieli",
    "municipality": "kunta",
    "source": "kirjausjärjestelmä",
}
ALWAYS_MISSING = (
    ("Toisen hyvinvointialueen aineistolla ei ole testattu.", "Not tested on another county's data."),
    ("Yhdysvaikutuksia ei ole mitattu.", "Interactions are not measured."),
    ("Pysyvyyttä siemenluvun vaihtuessa ei ole mitattu.", "Stability across seeds is not measured."),
    ("Seurantaa (muuttuminen ajassa) ei ole kytketty.", "Monitoring of drift is not connected."),
    ("Vaikutusarvio ja vastuuhenkilöt on täytettävä käsin.", "Impact assessment and owners: to be filled in by hand."),
)
CLASS_COLUMNS = {
    "proposed": ("value", "low", "high"),
    "baseline_proposed": ("baseline", "baseline_low", "baseline_high"),
}
WITH_GAIN = ("auroc", "auprc", "brier", "log_loss")


@dataclass(frozen=True)
class ReportIdentity:
    """Which model the report is about, and what it was made from."""

    name: str
    kind: str
    snapshot_sha256: str
    data_until: str
    """Last day whose records could be known (ISO date)."""
    label_source: Text | str
    training_rows: int
    training_clients: int
    holdout: str
    """How the hold-out rows were set apart."""
    config: Mapping[str, Any]
    purpose: Text = field(
        default_factory=lambda: {
            "fi": "Malli antaa tietoa; ammattilainen päättää. Pieni todennäköisyys ei yksin päätä kenenkään asiaa.",
            "en": "The model informs; the professional decides. A low probability never closes a case by itself.",
        }
    )
    git_commit: str = "unknown"


def summarise(
    identity: ReportIdentity,
    predictions: pd.DataFrame,
    outputs: Sequence[ExplainedOutput],
    specs: Sequence[FeatureSpec],
    catalogue: Catalogue,
    classes: pd.DataFrame | None = None,
    attrition: Sequence[Mapping[str, Any]] = (),
    leaks: Mapping[str, Any] | None = None,
    switched_off: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """The report's content.  Raises DataError when an explained output has no stored predictions."""
    checked_predictions(predictions)
    parts = {str(name): rows for name, rows in predictions.groupby("output", observed=True)}
    if missing := [output.id for output in outputs if output.id not in parts]:
        raise DataError(f"The stored predictions have no output {missing[0]}; they have {', '.join(parts)}.")
    described = [_output(output, parts[output.id], specs) for output in outputs]
    families = {family for output in described for family in _families_named(output)}
    return {
        "format": FORMAT,
        "identity": _identity(identity),
        "verdict": verdict(described),
        "data": _data(identity, predictions, attrition, switched_off or {}, catalogue),
        "leaks": None if leaks is None else dict(leaks),
        "outputs": described,
        "classes": None if classes is None else _classes(checked_classes(classes)),
        "families": {name: _family(catalogue, name) for name in sorted(families)},
        "gaps": _gaps(predictions, classes, leaks),
    }


def measured(summary: Mapping[str, Any]) -> dict[str, float]:
    """The figures about explanations that a training run logs and the gate reads: the worst over the outputs."""
    quality = [output["explanation"] for output in summary["outputs"]]
    found = {"additivity_max_error": max(part["additivity_max_error"] for part in quality)}
    differences = [part["agreement_max_difference"] for part in quality]
    # What was not checked is not logged, and the gate refuses what is not measured.
    return found if None in differences else {**found, "shap_agreement_max_difference": max(differences)}


def _identity(identity: ReportIdentity) -> dict[str, Any]:
    config = dict(identity.config)
    return {
        "name": identity.name,
        "kind": identity.kind,
        "snapshot_sha256": identity.snapshot_sha256,
        "data_until": identity.data_until,
        "git_commit": identity.git_commit,
        "config_sha256": hashlib.sha256(canonical_json(config)).hexdigest(),
        "config": config,
        "purpose": dict(identity.purpose),
    }


def _data(
    identity: ReportIdentity,
    predictions: pd.DataFrame,
    attrition: Sequence[Mapping[str, Any]],
    switched_off: Mapping[str, float],
    catalogue: Catalogue,
) -> dict[str, Any]:
    source = identity.label_source
    return {
        "training_rows": identity.training_rows,
        "training_clients": identity.training_clients,
        "holdout": identity.holdout,
        "holdout_rows": int(predictions["row"].nunique()),
        "holdout_clients": int(predictions["client"].nunique()),
        "first_as_of": str(predictions["as_of"].min().date()),
        "last_as_of": str(predictions["as_of"].max().date()),
        "label_source": {"fi": source, "en": source} if isinstance(source, str) else dict(source),
        "attrition": [dict(step) for step in attrition],
        "switched_off": [
            {"family": name, "name": _family(catalogue, name)["name"], "completeness": share}
            for name, share in sorted(switched_off.items(), key=lambda pair: pair[1])
        ],
    }


def _output(output: ExplainedOutput, part: pd.DataFrame, specs: Sequence[FeatureSpec]) -> dict[str, Any]:
    label, p = part["label"].to_numpy(), part["p"].to_numpy(np.float64)
    weights = importance(output, specs)
    shown = [weight["family"] for weight in weights[:MOST_FAMILIES] if weight["mean"] > 0]
    return {
        "id": output.id,
        "name": dict(output.name),
        "rows": len(part),
        "clients": int(part["client"].nunique()),
        "events": int(label.sum()),
        "prevalence": float(label.mean()),
        "is_baseline": bool(np.array_equal(p, part["baseline_p"].to_numpy(np.float64))),
        "metrics": {name: _figure(part, name) for name in PROBABILITY_METRICS},
        "reliability": [list(point) for point in formulas.reliability(label, p, smallest=SMALLEST_CELL)],
        "groups": [_group(row) for row in group_tables(part)],
        "importance": weights,
        "direction": direction(output, specs, shown),
        "profiles": profiles(output, specs),
        "explanation": {
            "rows": len(output.rows),
            "additivity_max_error": output.additivity_max_error,
            "agreement_max_difference": output.agreement_max_difference,
            "base": float(np.mean(output.served_base)),
        },
    }


def _figure(part: pd.DataFrame, name: str) -> dict[str, float | None]:
    """A metric of the model and of its baseline, with client-level bootstrap intervals."""
    compute, label = PROBABILITY_METRICS[name], part["label"].to_numpy()
    value, baseline = (compute(label, part[column].to_numpy(np.float64)) for column in ("p", "baseline_p"))
    own, other = (interval(part, name, column, REPEATS) for column in ("p", "baseline_p"))
    gain = gain_interval(part, name, REPEATS) if name in WITH_GAIN else None
    return {
        "value": _finite(value),
        "low": own.low if own else None,
        "high": own.high if own else None,
        "baseline": _finite(baseline),
        "baseline_low": other.low if other else None,
        "baseline_high": other.high if other else None,
        "gain": _finite(value - baseline) if name in WITH_GAIN else None,
        "gain_low": gain.low if gain else None,
        "gain_high": gain.high if gain else None,
    }


def _group(row: GroupRow) -> dict[str, Any]:
    values = asdict(row)
    between = values.pop("auroc_interval")
    overall = None if row.auroc is None or row.auroc_difference is None else row.auroc - row.auroc_difference
    sure = between is not None and overall is not None and not between["low"] <= overall <= between["high"]
    low, high = (between["low"], between["high"]) if between else (None, None)
    return {**values, "auroc_low": low, "auroc_high": high, "gap_is_sure": sure}


def _classes(classes: pd.DataFrame) -> dict[str, Any]:
    figures = {name: _class_figure(classes, compute) for name, compute in CLASS_METRICS.items()}
    label, proposed = (classes[column].astype(str).to_numpy() for column in ("label", "proposed"))
    return {"rows": len(classes), "metrics": figures, "confusion": _confusion(label, proposed)}


def _class_figure(classes: pd.DataFrame, compute: Measure) -> dict[str, float | None]:
    columns = ("label", *CLASS_COLUMNS)
    # Whole numbers instead of text: the bootstrap compares them thousands of times.
    codes = pd.factorize(classes[list(columns)].astype(str).to_numpy().ravel())[0].reshape(-1, len(columns))
    found: dict[str, float | None] = {}
    for place, names in enumerate(CLASS_COLUMNS.values(), start=1):
        label, said = codes[:, 0], codes[:, place]
        between = formulas.bootstrap(classes["client"].to_numpy(), partial(_of_rows, compute, label, said))
        found |= dict(zip(names, _with_ends(compute(label, said), between), strict=True))
    return found


def _of_rows(compute: Measure, label: np.ndarray, said: np.ndarray, rows: np.ndarray) -> float:
    return compute(label[rows], said[rows])


def _with_ends(value: float, between: Interval | None) -> tuple[float | None, float | None, float | None]:
    return _finite(value), between.low if between else None, between.high if between else None


def _confusion(label: np.ndarray, proposed: np.ndarray) -> dict[str, Any]:
    """Recorded segment (rows) against proposed (columns); small cells hidden so that totals do not give them away."""
    names = [str(name) for name in np.union1d(label, proposed)]
    counts = np.array([[np.sum((label == a) & (proposed == b)) for b in names] for a in names])
    by_row = np.array([hidden_cells(list(row)) for row in counts])
    by_column = np.array([hidden_cells(list(column)) for column in counts.T]).T
    hide = by_row | by_column
    cells = [[None if h else int(n) for n, h in zip(*pair, strict=True)] for pair in zip(counts, hide, strict=True)]
    return {"segments": names, "cells": cells}


def _family(catalogue: Catalogue, name: str) -> dict[str, Any]:
    family = catalogue.families.get(name)
    if family is None:
        return {"name": {"fi": name, "en": name}, "dimension": {"fi": "", "en": ""}, "role": "", "source": ""}
    dimension = catalogue.dimensions[family.dimension].as_text()
    return {"name": family.name.as_text(), "dimension": dimension, "role": family.role, "source": family.source}


def _families_named(output: Mapping[str, Any]) -> set[str]:
    return {weight["family"] for weight in output["importance"]}


def _gaps(
    predictions: pd.DataFrame, classes: pd.DataFrame | None, leaks: Mapping[str, Any] | None
) -> list[dict[str, str]]:
    """What an auditor would ask and this report cannot answer."""
    present = {column.removeprefix("group_") for column in group_columns(predictions)}
    gaps = [
        {"fi": f"Vertailu ryhmittäin puuttuu: {fi}.", "en": f"No comparison by {name.replace('_', ' ')}."}
        for name, fi in WANTED_GROUPS.items()
        if name not in present
    ]
    if classes is not None and "set_size" not in classes.columns:
        gaps.append({"fi": "Konformista kattavuutta ei ole mitattu.", "en": "Conformal coverage is not measured."})
    if leaks is None:
        gaps.append({"fi": "Vuotohälytystä ei ole tallennettu.", "en": "No leak alarm is stored."})
    return gaps + [{"fi": fi, "en": en} for fi, en in ALWAYS_MISSING]


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
