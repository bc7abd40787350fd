"""Explanation QA in numbers: do they add up, repeat, stay put under small noise, and agree with permutation?"""

from collections.abc import Sequence

import numpy as np

from evaluation.metrics import log_odds
from evaluation.report.explanation import ExplainedOutput, Named, by_family
from models.bundles.bundle import Bundle
from models.bundles.golden import GOLDEN_FILE, differences, golden_rows
from models.learners.binary import BinaryModel
from models.needs.need import NeedModel
from models.segments.segmentation import SegmentationModel

TOP = 5
NOISE = 0.01
"""Standard deviation of the noise, as a share of each value: what rounding and late corrections do to a register."""
ALONE_ROWS, NOISY_ROWS, PERMUTED_ROWS = 100, 500, 2000


def additivity(output: ExplainedOutput) -> dict[str, float | None]:
    """Greatest |base + contributions - log-odds shown| of the served contributions and of shap's own, and their gap.

    Unit: log-odds.  0 = they add up, and both programs say the same.
    """
    total = output.explanation.base_values + output.explanation.values.sum(axis=1)
    return {
        "served": output.additivity_max_error,
        "shap": float(np.max(np.abs(total - log_odds(output.probabilities)), initial=0.0)),
        "agreement": output.agreement_max_difference,
    }


def replayed(bundle: Bundle, model: SegmentationModel | NeedModel) -> dict[str, float]:
    """The bundle's golden rows computed once more: {outputs, equal (share), largest}.  equal 1 and largest 0 = same."""
    content = bundle.bytes_of(GOLDEN_FILE)
    apart = list(differences(content, model.golden_outputs(golden_rows(content))).values())
    return {"outputs": len(apart), "equal": float(np.mean([one == 0 for one in apart])), "largest": max(apart)}


def alone_as_together(model: BinaryModel, rows: np.ndarray) -> dict[str, float]:
    """Clients explained one at a time against all at once: {rows, equal (share), largest}.  1 and 0 = the same."""
    some = rows[:ALONE_ROWS]
    together = model.explain(some)
    singly = [model.explain(row.reshape(1, -1)) for row in some]
    apart = np.array(
        [np.max(np.abs(one.shares[0] - together.shares[place]), initial=0.0) for place, one in enumerate(singly)]
    )
    odds = np.array([abs(float(one.log_odds[0] - together.log_odds[place])) for place, one in enumerate(singly)])
    worst = np.maximum(apart, odds)
    return {"rows": len(some), "equal": float(np.mean(worst <= 1e-12)), "largest": float(worst.max(initial=0.0))}


def under_noise(model: BinaryModel, rows: np.ndarray, specs: Sequence[Named], seed: int) -> dict[str, float]:
    """What a small error in every value does to the reasons.

    {rows, overlap (mean share of the five heaviest families that stay among the five), rank (mean Spearman of the
    families' weights), moved_mean, moved_most (change of the probability)}.  overlap 1, rank 1, moved 0 = nothing.
    Flags (0 and 1 only) and unknown values stay as they are.
    """
    some = rows[:NOISY_ROWS].astype(np.float64)
    jitter = np.random.default_rng(seed).normal(1.0, NOISE, some.shape)
    flags = np.all(np.isnan(rows) | (rows == 0) | (rows == 1), axis=0)
    noisy = np.where(flags, some, some * jitter).astype(np.float32)
    before, after = model.explain(rows[:NOISY_ROWS]), model.explain(noisy)
    weights = [np.abs(by_family(one.shares, specs)[1]) for one in (before, after)]
    moved = np.abs(before.probabilities - after.probabilities)
    return {
        "rows": len(some),
        "overlap": float(np.mean([_overlap(a, b) for a, b in zip(*weights, strict=True)])),
        "rank": float(np.mean([spearman(a, b) for a, b in zip(*weights, strict=True)])),
        "moved_mean": float(moved.mean()),
        "moved_most": float(moved.max(initial=0.0)),
    }


def against_permutation(
    model: BinaryModel, rows: np.ndarray, specs: Sequence[Named], weights: Sequence[float], seed: int
) -> dict[str, float]:
    """SHAP importance against what happens when a family's columns are shuffled between clients.

    `weights`: mean |contribution| per family in the families' order.  {rows, rank (Spearman of the two orders over the
    families that the model uses), overlap (share of the ten heaviest in both)}.  1 = the same order.
    Permutation importance here is the mean |change of the log-odds| (no outcome is needed).
    Source: Fisher, Rudin & Dominici 2019, JMLR 20:177.
    """
    some = rows[:PERMUTED_ROWS]
    rng, base = np.random.default_rng(seed), model.learner.raw(some)
    moved = [
        float(np.mean(np.abs(model.learner.raw(_shuffled(some, columns, rng)) - base)))
        for columns in columns_of(specs).values()
    ]
    used = np.array([max(pair) > 0 for pair in zip(weights, moved, strict=True)])
    own, other = np.array(weights)[used], np.array(moved)[used]
    top = min(10, len(own))
    both = set(np.argsort(-own)[:top].tolist()) & set(np.argsort(-other)[:top].tolist())
    return {"rows": len(some), "rank": spearman(own, other), "overlap": len(both) / top if top else 1.0}


def columns_of(specs: Sequence[Named]) -> dict[str, list[int]]:
    """The columns of each family, families in the order of `by_family`."""
    found: dict[str, list[int]] = {}
    for place, spec in enumerate(specs):
        found.setdefault(spec.family, []).append(place)
    return found


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Rank correlation, equal values sharing a rank: 1 = the same order, 0 = none, -1 = reversed; 1 for constants."""
    own, other = _midranks(first), _midranks(second)
    if np.ptp(own) == 0 or np.ptp(other) == 0:
        return 1.0 if np.array_equal(own, other) else 0.0
    return float(np.corrcoef(own, other)[0, 1])


def _shuffled(rows: np.ndarray, columns: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    copy = rows.copy()
    copy[:, columns] = rows[rng.permutation(len(rows))][:, columns]
    return copy


def _overlap(before: np.ndarray, after: np.ndarray) -> float:
    top = [set(np.argsort(-one, kind="stable")[:TOP].tolist()) for one in (before, after)]
    return len(top[0] & top[1]) / TOP


def _midranks(values: np.ndarray) -> np.ndarray:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[inverse])
