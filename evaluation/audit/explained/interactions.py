"""Which pairs of families work together in the trees: SHAP interaction values of a few hundred rows."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from evaluation.audit.drawn.weighted import Strata
from evaluation.report.explanation import ExplainedOutput, Named, tree_explainer

MOST = 12


def interactions(
    output: ExplainedOutput, specs: Sequence[Named], strata: Strata, most: int = MOST
) -> dict[str, Any] | None:
    """The strongest pairs of families by mean |interaction|, log-odds as shown; None where there are no trees.

    {rows, pairs: [{first, second, mean, standard_error}], share, remainder}.  `share` is the part of all movement
    that interactions make (0 = the families only add up); `remainder` is the greatest |row sum of the interaction
    values - SHAP value| of the trees: 0 = they are the same explanation.  A linear half has no interactions.
    Source: Lundberg et al. 2020, Nature Machine Intelligence 2:56.
    """
    if output.booster is None:
        return None
    explainer, read = tree_explainer(output.booster, output.rows)
    scale = output.slope * (1 - (output.line.share if output.line else 0.0))
    pairwise = scale * np.asarray(explainer.shap_interaction_values(read))
    alone = scale * np.asarray(explainer.shap_values(read, check_additivity=False))
    names, by_pair = _families(pairwise, specs)
    pairs = [_pair(names, by_pair, strata, *pair) for pair in combinations(range(len(names)), 2)]
    together = sum(pair["mean"] for pair in pairs)
    main = float(strata.mean(np.abs(np.einsum("nii->ni", by_pair)))[0].sum())
    ranked = sorted(pairs, key=lambda pair: -float(pair["mean"]))
    return {
        "rows": len(read),
        "pairs": [pair for pair in ranked[:most] if pair["mean"] > 0],
        "share": together / (together + main) if together + main else 0.0,
        "remainder": float(np.max(np.abs(pairwise.sum(axis=2) - alone), initial=0.0)),
    }


def _families(pairwise: np.ndarray, specs: Sequence[Named]) -> tuple[list[str], np.ndarray]:
    """(families, rows x families x families): the interaction values of the families' features added up."""
    names = list(dict.fromkeys(spec.family for spec in specs))
    belongs = np.zeros((len(specs), len(names)))
    belongs[np.arange(len(specs)), [names.index(spec.family) for spec in specs]] = 1
    seen = np.flatnonzero(np.abs(pairwise).sum(axis=(0, 1)) > 0)
    small, own = pairwise[:, seen][:, :, seen], belongs[seen]
    kept = np.flatnonzero(own.sum(axis=0) > 0)
    return [names[place] for place in kept], np.einsum(
        "nij,ia,jb->nab", small, own[:, kept], own[:, kept], optimize=True
    )


def _pair(names: Sequence[str], by_pair: np.ndarray, strata: Strata, a: int, b: int) -> dict[str, Any]:
    """Both halves of a pair together: an interaction is split evenly between its two features."""
    mean, error = strata.mean(np.abs(2 * by_pair[:, a, b]))
    return {"first": names[a], "second": names[b], "mean": float(mean), "standard_error": float(error)}
