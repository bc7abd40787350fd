"""Would another run have told the same story?  Earlier versions, and the same training with other seeds."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.audit.explained.checks import spearman
from evaluation.report.explanation import by_family
from models.learners.binary import BinaryModel
from models.parts import ClientParts

TOP = 10


def compared(
    own: Mapping[str, float], own_odds: np.ndarray, other: BinaryModel, parts: ClientParts, whole: np.ndarray
) -> dict[str, float]:
    """Another model of the same output against this one on the same clients.

    `own`: mean |contribution| per family.  {rank (Spearman over the families that either uses), overlap (share of
    the ten heaviest in both), moved (mean |difference of the log-odds|), correlation (of the log-odds)}.
    rank, overlap and correlation 1, moved 0 = the same.
    """
    explained = other.explain(parts.used_columns(whole))
    names, summed = by_family(explained.shares, parts.explainer.specs)
    theirs = dict(zip(names, np.abs(summed).mean(axis=0).tolist(), strict=True))
    return {**weights_compared(own, theirs), **_odds_compared(own_odds, explained.log_odds)}


def weights_compared(own: Mapping[str, float], theirs: Mapping[str, float]) -> dict[str, float]:
    """{rank, overlap} of two importances by family; a family that one does not see weighs 0 there."""
    names = sorted(name for name in {*own, *theirs} if max(own.get(name, 0.0), theirs.get(name, 0.0)) > 0)
    first, second = (np.array([one.get(name, 0.0) for name in names]) for one in (own, theirs))
    top = min(TOP, len(names))
    both = set(np.argsort(-first)[:top].tolist()) & set(np.argsort(-second)[:top].tolist())
    return {"rank": spearman(first, second), "overlap": len(both) / top if top else 1.0}


def summary(lines: Sequence[Mapping[str, Any]]) -> dict[str, float] | None:
    """The least rank and overlap over the compared models; None without any."""
    if not lines:
        return None
    return {name: min(float(line[name]) for line in lines) for name in ("rank", "overlap")}


def _odds_compared(own: np.ndarray, other: np.ndarray) -> dict[str, float]:
    spread = min(float(np.ptp(own)), float(np.ptp(other)))
    correlation = float(np.corrcoef(own, other)[0, 1]) if spread > 0 else 1.0
    return {"moved": float(np.mean(np.abs(own - other))), "correlation": correlation}
