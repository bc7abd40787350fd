"""Example reasons of each segment: means over many clients, so that no line is about one person.

A segment of 1-4 clients, or one that could be found by subtraction, is not told; the share that has a reason among
her three heaviest is not told when it would be about 1-4 people; a typical value needs twenty who have one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from evaluation.held_out.groups import SMALLEST_CELL, hidden_cells
from models.explaining.explain import Explainer

MOST, TOP = 5, 3
FEWEST_FOR_MEDIAN = 20
"""Percentiles of a smaller group could be one person's value (hardening P5)."""


def examples(
    segment: np.ndarray, names: Sequence[str], used: np.ndarray, shares: np.ndarray, explainer: Explainer
) -> list[dict[str, Any]]:
    """One entry per segment in the order of `names`: {segment, n, reasons: [...]}, n None = hidden.

    `segment`: per row a place in `names`; `shares`: rows x used features, log-odds as shown.
    """
    counts = [int((segment == place).sum()) for place in range(len(names))]
    hidden = hidden_cells(counts, SMALLEST_CELL)
    concepts, summed = by_concept(shares, explainer)
    return [
        _one(name, np.flatnonzero(segment == place), hidden[place], concepts, summed, used, explainer)
        for place, name in enumerate(names)
    ]


def by_concept(shares: np.ndarray, explainer: Explainer) -> tuple[list[str], np.ndarray]:
    """(concepts, rows x concepts): contributions of what is said as one reason, added up."""
    names = list(dict.fromkeys(explainer.concepts.of(spec) for spec in explainer.specs))
    summed = np.zeros((len(shares), len(names)))
    for column, spec in enumerate(explainer.specs):
        summed[:, names.index(explainer.concepts.of(spec))] += shares[:, column]
    return names, summed


def _one(
    name: str,
    rows: np.ndarray,
    hide: bool,
    concepts: Sequence[str],
    summed: np.ndarray,
    used: np.ndarray,
    explainer: Explainer,
) -> dict[str, Any]:
    if hide or len(rows) < SMALLEST_CELL:
        return {"segment": name, "n": None if hide else len(rows), "reasons": []}
    own = summed[rows]
    mean, top = own.mean(axis=0), np.argsort(-np.abs(own), axis=1)[:, :TOP]
    order = [place for place in np.argsort(-np.abs(mean), kind="stable")[:MOST] if mean[place] != 0]
    reasons = []
    for place in order:
        with_it = int((top == place).any(axis=1).sum())
        named, dimension = explainer.concepts.described(concepts[place], explainer.catalogue)
        reasons.append(
            {
                "concept": concepts[place],
                "name": named.as_text(),
                "dimension": dimension,
                "mean": float(mean[place]),
                "among_three": _share(with_it, len(rows)),
                **_typical(concepts[place], used[rows], explainer),
            }
        )
    return {"segment": name, "n": len(rows), "reasons": reasons}


def _share(count: int, of: int) -> float | None:
    """A share that is about 1-4 people, or leaves 1-4 out, is hidden."""
    return count / of if all(part == 0 or part >= SMALLEST_CELL for part in (count, of - count)) else None


def _typical(concept: str, rows: np.ndarray, explainer: Explainer) -> dict[str, Any]:
    """The concept's first feature that enough of them have, and its median."""
    for column, spec in enumerate(explainer.specs):
        known = rows[:, column][~np.isnan(rows[:, column])]
        if explainer.concepts.of(spec) == concept and known.size >= FEWEST_FOR_MEDIAN:
            return {"feature": spec.name, "median": float(np.median(known))}
    return {"feature": None, "median": None}


def bands(probabilities: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """(place per row, names): the upper tenth, the four tenths below it, and the lower half of the probabilities."""
    rank = np.argsort(np.argsort(probabilities, kind="stable"), kind="stable") / max(len(probabilities), 1)
    return np.digitize(rank, [0.5, 0.9]), ("lower_half", "next_40_percent", "top_tenth")
