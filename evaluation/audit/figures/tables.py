"""Tables from stored predictions: what each threshold would do, each group of people, and segment sets."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from evaluation import metrics as formulas
from evaluation.audit.figures.measured import auroc_interval
from evaluation.held_out.groups import SMALLEST_CELL, GroupRow, group_tables

MOST_GROUP_REPEATS = 100


def threshold_table(part: pd.DataFrame, thresholds: Sequence[float]) -> list[dict[str, Any]]:
    """Per threshold: share offered, recall, precision, specificity, net benefit (model, baseline, everybody).

    Figures that would rest on 1-4 rows of one kind are None.
    """
    label, p, base = (part[name].to_numpy() for name in ("label", "p", "baseline_p"))
    return [_threshold(label, p, base, threshold) for threshold in thresholds]


def _threshold(label: np.ndarray, p: np.ndarray, base: np.ndarray, threshold: float) -> dict[str, Any]:
    offered = p >= threshold
    cells = [int(np.sum((offered == a) & (label == b))) for a in (1, 0) for b in (1, 0)]
    found, false, missed, quiet = cells
    told = {"threshold": threshold, "net_benefit": formulas.net_benefit(label, p, threshold)}
    told |= {
        "baseline_net_benefit": formulas.net_benefit(label, base, threshold),
        "everybody_net_benefit": formulas.net_benefit(label, np.ones(len(label)), threshold),
    }
    if any(0 < cell < SMALLEST_CELL for cell in cells):
        return {**told, "offered": None, "recall": None, "precision": None, "specificity": None}
    return {
        **told,
        "offered": float(offered.mean()),
        "recall": _ratio(found, found + missed),
        "precision": _ratio(found, found + false),
        "specificity": _ratio(quiet, quiet + false),
    }


def group_lines(part: pd.DataFrame, repeats: int) -> list[dict[str, Any]]:
    """The lines of `evaluation.held_out.groups` as a report keeps them; `gap_is_sure` = the interval leaves out the
    whole's."""
    names = {
        column: part[column].astype(object).where(part[column].notna(), "unknown").astype(str) for column in _by(part)
    }
    return [
        _line(row, part[names[f"group_{row.grouping}"] == row.group], repeats) for row in group_tables(part, repeats=1)
    ]


def _by(part: pd.DataFrame) -> list[str]:
    return [str(column) for column in part.columns if str(column).startswith("group_")]


def _line(row: GroupRow, rows: pd.DataFrame, repeats: int) -> dict[str, Any]:
    """One line; the interval on the draws of `evaluation.metrics.bootstrap`, by counts instead of rows."""
    values = asdict(row)
    values.pop("auroc_interval")
    low, high = (None, None) if row.auroc is None else auroc_interval(rows, min(repeats, MOST_GROUP_REPEATS))
    overall = None if row.auroc is None or row.auroc_difference is None else row.auroc - row.auroc_difference
    sure = overall is not None and low is not None and high is not None and not low <= overall <= high
    return {**values, "auroc_low": low, "auroc_high": high, "gap_is_sure": sure}


def overall_sets(report: Mapping[str, Any] | None, logged: Mapping[str, float]) -> dict[str, Any] | None:
    """Coverage, size and singletons of segment sets, and their groups; None where the model has no sets."""
    if "conformal_coverage" not in logged:
        return None
    names = {"coverage": "conformal_coverage", "size": "conformal_set_size", "singletons": "conformal_singletons"}
    return {**{name: logged.get(key) for name, key in names.items()}, "report": report}


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
