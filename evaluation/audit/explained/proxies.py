"""Do the model's features stand in for a protected trait or for the place where something was recorded?

For each feature: how well it alone tells one group from the others (area under the ROC curve, either way round).
A proxy is a feature that tells a group well and weighs much in the model.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.report.explanation import Named

PROTECTED = ("sex", "language")
PLACES = ("municipality", "source", "legacy_org")
"""Where somebody lives and where it was recorded: no trait of hers, and no reason to be ranked lower."""
FEWEST = 50
"""Clients in the group and outside it; with fewer the area says nothing."""
TELLS, WEIGHS = 0.7, 0.02
"""A family is named a proxy from this area and this share of the model's weight on (own assumption)."""


def proxies(
    used: np.ndarray, score: np.ndarray, specs: Sequence[Named], groups: pd.DataFrame, shares: Mapping[str, float]
) -> list[dict[str, Any]]:
    """One line per large enough group: {grouping, group, n, score_auc, families: [{family, auc, share, proxy}]}.

    `score` is the probability shown, `shares` each family's share of the model's weight.  The three families that
    tell the group best are listed.  0.5 = tells nothing of it, 1 = tells it wholly.
    """
    ranks = np.column_stack([_ranks(_known_low(column)) for column in (*used.T, score)])
    lines = []
    for grouping in (name for name in (*PROTECTED, *PLACES) if name in groups):
        names = groups[grouping].to_numpy()
        for group in sorted(set(names.tolist())):
            inside = names == group
            if min(inside.sum(), (~inside).sum()) >= FEWEST:
                lines.append(_line(grouping, group, _areas(ranks, inside), specs, shares, int(inside.sum())))
    return lines


def _line(
    grouping: str, group: str, areas: np.ndarray, specs: Sequence[Named], shares: Mapping[str, float], n: int
) -> dict[str, Any]:
    best: dict[str, float] = {}
    for spec, area in zip(specs, areas[:-1], strict=True):
        best[spec.family] = max(best.get(spec.family, 0.5), float(area))
    told = sorted(best.items(), key=lambda pair: -pair[1])
    heavy = [(family, area) for family, area in told if area >= TELLS and shares.get(family, 0) >= WEIGHS]
    shown = list(dict.fromkeys([*heavy, *told]))[: max(3, len(heavy))]
    families = [
        {"family": f, "auc": area, "share": shares.get(f, 0.0), "proxy": (f, area) in heavy} for f, area in shown
    ]
    return {"grouping": grouping, "group": group, "n": n, "score_auc": float(areas[-1]), "families": families}


def _areas(ranks: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The area of every column, the better way round."""
    positives, negatives = int(inside.sum()), int((~inside).sum())
    area = (ranks[inside].sum(axis=0) - positives * (positives + 1) / 2) / (positives * negatives)
    return np.asarray(np.maximum(area, 1 - area))


def _known_low(column: np.ndarray) -> np.ndarray:
    """Unknown values below all known ones, so that being unknown can tell a group too."""
    return np.where(np.isnan(column), -np.inf, column.astype(np.float64))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse])
