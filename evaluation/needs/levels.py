"""How good are proposed levels that have an order?  Everything is computed from one table of label against proposal."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from configs.errors import DataError
from evaluation.held_out.groups import SMALLEST_CELL
from evaluation.held_out.stored import checked_classes
from evaluation.metrics import INTERVAL_LEVEL
from evaluation.needs.bands import Group, age_groups, everyone
from evaluation.needs.draws import REPEATS, Compute, sides

FORMAT = 1


def quadratic_kappa(label_index: np.ndarray, proposed_index: np.ndarray, levels: int) -> float:
    """Agreement of ordered levels beyond chance; a miss by two levels weighs four times a miss by one.

    `label_index`, `proposed_index`: places of the levels, 0 = lowest … levels - 1 = highest.
    Unit: share, range -1 to 1.  0 = as much as by chance, 1 = always the same.  NaN when both say one and the same
    level only.  Source: Cohen 1968, Psychological Bulletin 70:213 (weights (i - j)^2).
    """
    return _quadratic_kappa(_crossed(label_index, proposed_index, levels, np.ones(len(label_index))))


def level_report(
    classes: pd.DataFrame, levels: Sequence[str], *, repeats: int = REPEATS, smallest: int = SMALLEST_CELL
) -> dict[str, Any]:
    """Macro-F1, accuracy, kappa and quadratic kappa of ordered levels, overall and by age band, ready for JSON.

    `classes`: rows of classes.parquet; `levels`: ids of the levels, lowest first.

    all and age_bands.<band>: clients, rows, hidden,
    figures.<name>.{model, baseline, difference}.{value, low, high}.  Groups of fewer than `smallest` clients
    are hidden.  Raises DataError for a frame without its columns or with a level that is not among `levels`.
    """
    checked_classes(classes)
    client = classes["client"].to_numpy()
    places = {column: _places(classes[column], levels) for column in ("label", "proposed", "baseline_proposed")}
    indexed = classes.assign(**places)
    return {
        "format": FORMAT,
        "repeats": repeats,
        "level": INTERVAL_LEVEL,
        "levels": list(levels),
        "all": _group(indexed, everyone(client, None, smallest), len(levels), repeats),
        "age_bands": {
            group.name: _group(indexed, group, len(levels), repeats) for group in age_groups(indexed, None, smallest)
        },
    }


def level_figures(crossed: np.ndarray) -> dict[str, float]:
    """macro_f1, accuracy, kappa (see evaluation.metrics) and quadratic_kappa of a table [label, proposed]."""
    total, hits = crossed.sum(), np.diag(crossed)
    said = crossed.sum(axis=0) + crossed.sum(axis=1)
    chance = float(crossed.sum(axis=0) @ crossed.sum(axis=1) / total**2)
    right = float(hits.sum() / total)
    return {
        "macro_f1": float(np.mean(2 * hits[said > 0] / said[said > 0])),
        "accuracy": right,
        "kappa": (right - chance) / (1 - chance) if chance < 1 else float("nan"),
        "quadratic_kappa": _quadratic_kappa(crossed),
    }


def _quadratic_kappa(crossed: np.ndarray) -> float:
    place = np.arange(len(crossed))
    miss = (place[:, None] - place[None, :]) ** 2
    expected = np.outer(crossed.sum(axis=1), crossed.sum(axis=0)) / crossed.sum()
    by_chance = float((miss * expected).sum())
    return 1 - float((miss * crossed).sum()) / by_chance if by_chance > 0 else float("nan")


def _group(indexed: pd.DataFrame, group: Group, levels: int, repeats: int) -> dict[str, Any]:
    own = indexed.iloc[group.rows]
    label = own["label"].to_numpy()
    found = {}
    # One level for all of a group tells something of each person in it.
    hidden = group.hidden or np.unique(label).size < 2
    if not hidden:
        ours, theirs = (_compute(label, own[name].to_numpy(), levels) for name in ("proposed", "baseline_proposed"))
        found = sides(ours, theirs, own["client"].to_numpy(), repeats)
    return {
        "clients": group.clients,
        "rows": None if group.clients is None else len(own),
        "hidden": hidden,
        "figures": found,
    }


def _compute(label: np.ndarray, proposed: np.ndarray, levels: int) -> Compute:
    return lambda weights: level_figures(_crossed(label, proposed, levels, weights))


def _crossed(label: np.ndarray, proposed: np.ndarray, levels: int, weights: np.ndarray) -> np.ndarray:
    cells = np.bincount(label * levels + proposed, weights, minlength=levels * levels)
    return cells.reshape(levels, levels)


def _places(column: pd.Series, levels: Sequence[str]) -> np.ndarray:
    place = {level: index for index, level in enumerate(levels)}
    found = column.astype(str).map(place)
    if found.isna().any():
        raise DataError(
            f"The stored classes have a level in `{column.name}` that the task does not know; known are "
            f"{', '.join(levels)}. Train the model again."
        )
    return found.to_numpy(np.int64)
