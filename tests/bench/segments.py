"""`python -m tests.bench.segments`: segmentation on simulated counties of 100,000 residents, ten seeds.

Each county walks the project's own road (simulate, ingest, histories, training); then the registered model is held
against what only the simulator knows.  `BENCH_SEEDS="1 2 3"` measures fewer counties.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from configs.loader import load_config
from configs.workspace import Workspace
from evaluation.metrics import auroc
from evaluation.truth import AXES, MODEL, read_truth
from features.histories import build
from features.store import open_snapshot
from models.bundles.signing import trusted_keys
from models.bundles.verify import verify_bundle
from models.learners.boosting import BoostedTrees
from models.registry import RegisteredBundle, Registry, connect
from models.segments.segmentation import SegmentationModel, output_id
from tests.bench.chapters.reasons import Hits, drivers_of, hits
from tests.bench.counties import SECOND, county, run
from tests.bench.report import Figure, finish, tell
from training.segments.config import SegmentationConfig

SEEDS = tuple(int(seed) for seed in os.environ.get("BENCH_SEEDS", "1 2 3 4 5 6 7 8 9 10").split())
CONFIG = "configs/segmentation.yaml"
ROWS = 20_000
"""Long-term clients scored against the truth (standard error of an AUROC about .003)."""
TAUGHT = 100_000
"""True levels of the second county that the best achievable model learns from."""
RIVALS = ("logistic", "direct", "boosting_machine", "prior")


@dataclass(frozen=True)
class Measured:
    """One county's figures."""

    seed: int
    metrics: dict[str, float]
    comparison: dict[str, Any]
    sets: dict[str, Any]
    served: dict[str, float]
    """AUROC against the true level, by axis."""
    achievable: dict[str, float]
    """The same by the same learner taught the true level in the second county."""
    reasons: dict[str, Hits]


def main() -> None:
    """Every seed, the table, the figures."""
    found = [measured(seed) for seed in SEEDS]
    _table(found)
    finish(_figures(found))


def measured(seed: int) -> Measured:
    """Train one county (unless it is trained) and hold its model against the truth."""
    workspace = county(seed)
    registry = connect(workspace)
    if registry.latest(MODEL) is None:
        tell(f"county {seed}: histories and training")
        run(workspace, "features.histories", "configs/histories.yaml")
        run(workspace, "training.segmentation", CONFIG)
    version = registry.latest(MODEL)
    if version is None:
        raise SystemExit(f"county {seed}: no model was registered")
    tell(f"county {seed}: truth")
    model = _model(workspace, registry, version)
    sample, rows = _clients(workspace, model, ROWS, late=True)
    served, achievable, reasons = {}, {}, {}
    for axis in model.axes:
        level, step = axis.steps[0]
        column = AXES[axis.axis.id][0]
        label = sample[column].to_numpy().astype(np.int8)
        used = model.parts.used_columns(rows)
        served[axis.axis.id] = auroc(label, step.probabilities(used))
        achievable[axis.axis.id] = auroc(label, _taught(model, column).raw(used))
        in_need = np.flatnonzero(label == 1)
        drivers = drivers_of(sample.iloc[in_need], axis.axis.id, model.parts.concepts)
        reasons[output_id(axis.axis, level)] = hits(step, model.parts, rows[in_need], drivers)
    documents = [_document(registry, version, name) for name in ("comparisons.json", "conformal_report.json")]
    return Measured(seed, registry.metrics(version.run_id), *documents, served, achievable, reasons)


def _taught(model: SegmentationModel, column: str) -> BoostedTrees:
    """The same LightGBM settings and features, taught the true level of everybody in the second county."""
    workspace = county(SECOND)
    sample, rows = _clients(workspace, model, TAUGHT, late=False)
    settings = load_config(CONFIG, SegmentationConfig).fit.boosting.model_copy(update={"threads": 2})
    labels = sample[column].to_numpy().astype(np.int8)
    return BoostedTrees.fit(model.parts.used_columns(rows), labels, model.parts.used, settings)


def _clients(workspace: Workspace, model: SegmentationModel, most: int, late: bool) -> tuple[pd.DataFrame, np.ndarray]:
    """Long-term clients with their truth and their whole feature rows; `late` = the newest month only."""
    truth = read_truth(workspace).monthly
    known = truth[truth["long_term"] & (truth["as_of"] >= np.datetime64("2023-01-01"))]
    days = np.sort(known["as_of"].unique())
    chosen = known[known["as_of"].isin(days[-1:] if late else days[::6])]
    sample = chosen.sample(min(most, len(chosen)), random_state=0).reset_index(drop=True)
    built = build(open_snapshot(workspace.store), sample, model.catalogue, model.vocabulary)
    return sample, built.frame.to_numpy(np.float32)


def _model(workspace: Workspace, registry: Registry, version: RegisteredBundle) -> SegmentationModel:
    with tempfile.TemporaryDirectory() as folder:
        fetched = registry.fetch(version.name, version.version, Path(folder) / "bundle")
        return SegmentationModel.from_bundle(verify_bundle(fetched, trusted_keys(workspace.keys)))


def _document(registry: Registry, version: RegisteredBundle, name: str) -> dict[str, Any]:
    return dict(json.loads(registry.artefact(version.run_id, name).read_text(encoding="utf-8")))


def _table(found: list[Measured]) -> None:
    """One line per county."""
    titles = ("records", "cx AUROC", "best", "re AUROC", "best", "macro-F1", "kappa", "cover", "set", "single")
    print(f"{'seed':<6}" + "".join(f"{title:>10}" for title in titles) + f"{'reasons':>10}{'chance':>8}")
    for one in found:
        pooled = _pooled(one)
        values = (
            one.metrics["label_records"],
            *(value for axis in one.served for value in (one.served[axis], one.achievable[axis])),
            *(one.metrics[name] for name in ("macro_f1", "kappa", *SETS)),
        )
        shown = "".join(f"{value:>10.0f}" if value > 100 else f"{value:>10.3f}" for value in values)
        print(f"{one.seed:<6}{shown}{pooled.share:>10.3f}{pooled.by_chance:>8.3f}")


SETS = ("conformal_coverage", "conformal_set_size", "conformal_singletons")


def _pooled(one: Measured) -> Hits:
    """Reasons of both axes together."""
    clients = sum(hit.clients for hit in one.reasons.values())
    parts = [(hit.clients / clients, hit) for hit in one.reasons.values()]
    share, chance = (sum(weight * getattr(hit, name) for weight, hit in parts) for name in ("share", "by_chance"))
    return Hits(clients, share, chance)


def _figures(found: list[Measured]) -> dict[str, Figure]:
    """Means over the counties; the worst county where a share is claimed."""
    pooled = [_pooled(one) for one in found]
    figures = {"counties": Figure(len(found), "counties", at_least=10)}
    figures["recorded_segmentations_least"] = Figure(
        min(one.metrics["label_records"] for one in found), "records", at_least=5000
    )
    for axis in found[0].served:
        best = [one.achievable[axis] for one in found]
        figures[f"{axis}_achievable_auroc_least"] = Figure(min(best), "AUROC", at_least=0.78)
        figures[f"{axis}_achievable_auroc_most"] = Figure(max(best), "AUROC", at_most=0.92)
        gaps = [one.achievable[axis] - one.served[axis] for one in found]
        figures[f"{axis}_gap_to_achievable_most"] = Figure(max(gaps), "AUROC", at_most=0.02)
        slopes = [one.metrics[f"{axis}_calibration_slope"] for one in found]
        figures[f"{axis}_calibration_slope_mean"] = Figure(float(np.mean(slopes)), "slope", at_least=0.9, at_most=1.1)
        shares = [hit.share for one in found for name, hit in one.reasons.items() if name.startswith(axis)]
        figures[f"{axis}_reasons_hold_a_driver_mean"] = Figure(float(np.mean(shares)), "share")
    figures["reasons_hold_a_driver_least"] = Figure(min(hit.share for hit in pooled), "share", at_least=0.80)
    figures["reasons_over_chance_least"] = Figure(min(hit.ratio for hit in pooled), "ratio", at_least=3.0)
    return {**figures, **_set_figures(found), **_rival_figures(found)}


def _set_figures(found: list[Measured]) -> dict[str, Figure]:
    """Coverage, and how informative the sets are beside those of logistic regression."""
    coverage = [one.metrics["conformal_coverage"] for one in found]
    gain = [one.metrics["baseline_conformal_set_size"] - one.metrics["conformal_set_size"] for one in found]
    single = [one.metrics["conformal_singletons"] - one.metrics["baseline_conformal_singletons"] for one in found]
    failed = sum(line["flag"] for one in found for line in one.sets["groups"])
    return {
        "coverage_mean": Figure(float(np.mean(coverage)), "share", at_least=0.88, at_most=0.92),
        "coverage_least": Figure(min(coverage), "share"),
        "coverage_most": Figure(max(coverage), "share"),
        "groups_surely_below": Figure(failed, "groups", at_most=0),
        "set_size_mean": Figure(float(np.mean([one.metrics["conformal_set_size"] for one in found])), "segments"),
        "set_size_gain_over_line_mean": Figure(float(np.mean(gain)), "segments", at_least=0.0),
        "singletons_mean": Figure(float(np.mean([one.metrics["conformal_singletons"] for one in found])), "share"),
        "singletons_gain_over_line_mean": Figure(float(np.mean(single)), "share", at_least=0.0),
    }


def _rival_figures(found: list[Measured]) -> dict[str, Figure]:
    """Mean gain of the proposal over every baseline, and how often its paired interval lies above zero."""
    figures = {}
    for metric in ("macro_f1", "kappa"):
        for rival in RIVALS:
            gains = [_gain(one.comparison, rival, metric) for one in found]
            known = [gain for gain in gains if gain is not None]
            if known:
                mean = float(np.mean([gain["value"] for gain in known]))
                sure = float(np.mean([gain["low"] > 0 for gain in known]))
                figures[f"{metric}_gain_over_{rival}_mean"] = Figure(mean, "gain", at_least=0.0)
                figures[f"{metric}_gain_over_{rival}_sure"] = Figure(sure, "share of counties")
    return figures


def _gain(comparison: dict[str, Any], rival: str, metric: str) -> dict[str, float] | None:
    """Served minus rival with its paired 95 % interval; None where the rival was not measured."""
    one = comparison["segment"].get(rival)
    return one["difference"].get(metric) if one else None


if __name__ == "__main__":
    main()
