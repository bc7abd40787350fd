"""Intervals of borrowed forecasts: how far borrowing was from the truth where a known area's history was hidden."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from configs.errors import ModelError

LEVELS = (0.80, 0.95)
SMALLEST = 1.0
"""Errors are divided by the forecast, by one unit where it is smaller."""

Widths = dict[str, dict[float, float]]
"""Group of series (what they count, without the area) → coverage → half-width as a share of the forecast."""


def borrowed_widths(errors: pd.DataFrame) -> Widths:
    """Half-widths from `group, y, value` of hidden areas: split conformal, pooled over areas and steps of a group.

    Raises ModelError when no area could be hidden.
    """
    if errors.empty:
        raise ModelError("No area could be hidden to measure what borrowing is worth: at least two areas are needed.")
    shares = (errors["y"] - errors["value"]).abs() / errors["value"].clip(lower=SMALLEST)
    return {str(group): _quantiles(np.sort(some.to_numpy(float))) for group, some in shares.groupby(errors["group"])}


def _quantiles(ordered: np.ndarray) -> dict[float, float]:
    ranks = {level: min(math.ceil((len(ordered) + 1) * level), len(ordered)) for level in LEVELS}
    return {level: float(ordered[rank - 1]) for level, rank in ranks.items()}


def with_borrowed_intervals(table: pd.DataFrame, widths: Mapping[str, Mapping[float, float]]) -> pd.DataFrame:
    """Add low80, high80, low95, high95 to `group, value`: never below zero, never crossing.

    Where the table has intervals already (of the lenders, at this size), the wider one is kept.  Raises ModelError
    for a group that was never hidden.
    """
    unknown = sorted(set(table["group"]) - set(widths))
    if unknown:
        raise ModelError(f"Nobody was hidden to measure borrowed forecasts of {unknown[0]}: they get no interval.")
    value, found = table["value"].to_numpy(float), table.copy()
    for level in LEVELS:
        name = f"{level * 100:.0f}"
        half = table["group"].map({group: of[level] for group, of in widths.items()}) * np.maximum(value, SMALLEST)
        low, high = np.maximum(value - half, 0.0), value + half
        found[f"low{name}"] = np.minimum(low, table[f"low{name}"]) if f"low{name}" in table else low
        found[f"high{name}"] = np.maximum(high, table[f"high{name}"]) if f"high{name}" in table else high
    return found
