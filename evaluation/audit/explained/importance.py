"""Which families a model rests on, overall and by group of people, with the standard errors of a stratified sample."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evaluation.audit.drawn.weighted import Strata
from evaluation.held_out.groups import SMALLEST_CELL, hidden_cells
from evaluation.report.explanation import Named, by_family


def importance(values: np.ndarray, specs: Sequence[Named], strata: Strata) -> list[dict[str, Any]]:
    """Mean |contribution| of each family, largest first.  `values`: rows x features, log-odds as shown.

    {family, mean, standard_error, share (of the sum over families), signed (mean with its sign)}.
    0 = the model never uses it.
    """
    names, summed = by_family(values, specs)
    mean, error = strata.mean(np.abs(summed))
    signed, _ = strata.mean(summed)
    whole = float(mean.sum()) or 1.0
    return [
        {
            "family": names[place],
            "mean": float(mean[place]),
            "standard_error": float(error[place]),
            "share": float(mean[place] / whole),
            "signed": float(signed[place]),
        }
        for place in np.argsort(-mean, kind="stable")
    ]


def by_group(
    values: np.ndarray, specs: Sequence[Named], groups: pd.DataFrame, families: Sequence[str]
) -> list[dict[str, Any]]:
    """Mean |contribution| of the named families in each group of people; groups of 1-4 clients have None.

    {grouping, group, n, families: {family: mean}}; n and figures are None where the cell is small or could be found
    by subtraction.  The sample takes the same share of every stratum, so plain means are means of the group.
    """
    names, summed = by_family(values, specs)
    shown = np.abs(summed)[:, [names.index(family) for family in families]]
    return [line for grouping in groups for line in _lines(str(grouping), groups[grouping].to_numpy(), shown, families)]


def _lines(grouping: str, group: np.ndarray, shown: np.ndarray, families: Sequence[str]) -> list[dict[str, Any]]:
    known = sorted(set(group.tolist()))
    counts = [int((group == name).sum()) for name in known]
    found = []
    for name, count, hide in zip(known, counts, hidden_cells(counts, SMALLEST_CELL), strict=True):
        mean = shown[group == name].mean(axis=0)
        figures = None if hide else {one: float(value) for one, value in zip(families, mean, strict=True)}
        found.append({"grouping": grouping, "group": name, "n": None if hide else count, "families": figures})
    return found


def most_apart(lines: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The family whose weight differs most between two shown groups of one grouping; None without two such groups."""
    found: list[tuple[float, dict[str, Any]]] = []
    for grouping in dict.fromkeys(line["grouping"] for line in lines):
        own = [line for line in lines if line["grouping"] == grouping and line["families"]]
        for family in own[0]["families"] if len(own) > 1 else ():
            ranked = sorted(own, key=lambda line: line["families"][family])
            apart = ranked[-1]["families"][family] - ranked[0]["families"][family]
            told = {"grouping": grouping, "family": family, "most": ranked[-1]["group"], "least": ranked[0]["group"]}
            found.append((apart, {**told, "difference": apart}))
    return max(found, key=lambda pair: pair[0])[1] if found else None
