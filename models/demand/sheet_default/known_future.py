"""Known-future columns: one pooled effect per column on log(1 + y), taken out before forecasting and put back after.

So every member profits, also those that know no columns.  Differences remove each series' own level; each series'
effect is drawn towards that of all series as if it had SHRINK more periods of theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

SHRINK = 10.0
RIDGE = 1e-6
LARGEST = 3.0  # |log effect| of one row: e³ = 20-fold; more is an error of the column, not an effect


@dataclass(frozen=True)
class Effects:
    """Log effect of each column per series, and the columns' means that count as "usual"."""

    columns: tuple[str, ...]
    by_series: dict[str, np.ndarray]
    usual: np.ndarray

    def of(self, rows: pd.DataFrame) -> np.ndarray:
        """The log effect of each row (`unique_id` and the columns)."""
        beta = np.stack([self.by_series[name] for name in rows["unique_id"]])
        moved = rows[list(self.columns)].to_numpy(float) - self.usual
        return np.clip(np.sum(beta * moved, axis=1), -LARGEST, LARGEST)


def fit_effects(panel: pd.DataFrame, columns: Sequence[str]) -> Effects:
    """Least squares of the differences of log(1 + y) on the differences of the columns."""
    ordered = panel.sort_values(["unique_id", "ds"])
    grown = np.log1p(ordered["y"]).groupby(ordered["unique_id"]).diff().to_numpy()
    moved = ordered.groupby("unique_id")[list(columns)].diff().to_numpy(float)
    whole = np.isfinite(grown) & np.isfinite(moved).all(axis=1)
    names = ordered["unique_id"].to_numpy()
    x, y = moved[whole], grown[whole]
    pooled = _solved(x.T @ x, x.T @ y)
    weight = SHRINK * (x.T @ x) / max(len(x), 1)
    own = {}
    for name in dict.fromkeys(names):
        mine = names[whole] == name
        a, b = x[mine], y[mine]
        own[str(name)] = _solved(a.T @ a + weight, a.T @ b + weight @ pooled)
    return Effects(tuple(columns), own, ordered[list(columns)].mean().to_numpy(float))


def without(panel: pd.DataFrame, effects: Effects) -> pd.DataFrame:
    """`unique_id, ds, y` as if the columns had always been as usual."""
    log = np.log1p(panel["y"].to_numpy(float)) - effects.of(panel)
    return panel[["unique_id", "ds"]].assign(y=np.maximum(np.expm1(log), 0.0))


def put_back(values: np.ndarray, rows: pd.DataFrame, effects: Effects) -> np.ndarray:
    """Forecasts with the effect of the rows' columns."""
    return np.maximum(np.expm1(np.log1p(values) + effects.of(rows)), 0.0)


def _solved(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    scale = max(float(np.trace(a)) / len(a), 1.0)
    return np.linalg.solve(a + RIDGE * scale * np.eye(len(a)), b)
