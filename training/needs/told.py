"""What a need training prints: sizes, every model beside its baseline, the simplest rule."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from evaluation.metrics import auroc
from evaluation.needs.told import told, told_amounts, told_levels, told_slopes
from models.needs.need import main_place
from training.needs.outcome import REPORT_FILE, Trained
from training.publishing.publish import Outcome
from training.publishing.tables import comparison_table


def report(
    trained: Trained,
    outcome: Outcome,
    metrics: Mapping[str, float],
    compare_with: str | None,
    floors: Mapping[str, float],
) -> str:
    """The command's table of one task."""
    task, labelled, split = trained.model.task, trained.labelled, trained.split
    yes = labelled.label >= main_place(task)
    lines = [
        f"Need task {task.id}: horizon {task.horizon_days} days, gap {task.gap_days} days",
        f"  training {int(split.train.sum())} rows, {int(yes[split.train].sum())} with the outcome; "
        f"hold-out from {split.first_test}: {int(split.test.sum())} rows, "
        f"{int(yes[split.test].sum())} with the outcome",
        *_sampled(trained),
        comparison_table(outcome.predictions, metrics),
        *_tables(outcome.documents[REPORT_FILE]),
    ]
    if compare_with is not None:
        lines.append(_rule(trained, compare_with))
    if floors:
        lines.append("  measured elsewhere: " + ", ".join(f"{name} {value:.3f}" for name, value in floors.items()))
    if task.published_best is not None:
        lines.append(f"  best published: AUROC {task.published_best.auroc:.3f} ({task.published_best.source})")
    return "\n".join(lines)


def _sampled(trained: Trained) -> list[str]:
    """Rows after sampling, where anything was sampled."""
    rows = max(step.rows for step in trained.steps)
    seen = int(trained.split.train.sum())
    tested, whole = len(trained.tested), int(trained.split.test.sum())
    if rows == seen and tested == whole:
        return []
    return [
        f"  LightGBM learned from {rows:,} of {seen:,} training rows (a fifth of the clients calibrates; the common "
        f"outcome is sampled and the intercept corrected); {tested:,} of {whole:,} hold-out rows are scored"
    ]


def _tables(report: Any) -> list[str]:
    """Recall at capacity, early warning and age bands; levels and amounts where the task has them."""
    lines = [told(report["probabilities"]), told_slopes(report["slopes"])]
    lines += [told_levels(report["levels"])] if "levels" in report else []
    return [*lines, *([told_amounts(report["amounts"])] if "amounts" in report else [])]


def _rule(trained: Trained, feature: str) -> str:
    """A feature's value alone (smaller = more likely) as the simplest rule."""
    column = trained.labelled.take(trained.tested)[:, list(trained.model.feature_names).index(feature)]
    score = np.where(np.isnan(column), np.nanmax(column) + 1, column)
    yes = (trained.label >= main_place(trained.model.task)).astype(np.int8)
    return f"  rule `{feature}` alone: AUROC {auroc(yes, -score.astype(np.float64)):.3f}"
