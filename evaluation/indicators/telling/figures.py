"""From parts to a figure: value, median, range, interval and completeness."""

import zlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.held_out.shares import wilson
from evaluation.metrics import Interval, bootstrap


@dataclass(frozen=True)
class Figure:
    """One value.  None = not available."""

    value: float | None
    n: int
    """Clients, units or booked times behind it."""
    cases: int
    """Those of them that count in the numerator."""
    completeness: float | None
    """Judged rows over rows that ought to count; 1 = all."""
    low: float | None = None
    high: float | None = None
    method: str = ""
    """wilson, bootstrap or count (a complete count has no sampling interval)."""
    median: float | None = None
    lowest: float | None = None
    """The k-th smallest and k-th largest (k = smallest cell), so that no end is one person's."""
    highest: float | None = None


NOTHING = Figure(None, 0, 0, None)
NOBODY = Figure(0.0, 0, 0, 1.0, method="count")
"""A count of a covered area and a delivered source in which nothing happened: a true 0."""


def interval_of_ratio(num: np.ndarray, den: np.ndarray, repeats: int, seed: int) -> Interval | None:
    """Interval of Σ num / Σ den (one entry per client) when whole clients are drawn again; None below two clients."""
    if len(num) < 2:
        return None

    def ratio(rows: np.ndarray) -> float:
        below = float(den[rows].sum())
        return float(num[rows].sum()) / below if below > 0 else np.nan

    return bootstrap(np.arange(len(num)), ratio, repeats, seed)


def figure(rows: pd.DataFrame, unit: str, repeats: int, smallest: int, seed_text: str) -> Figure:
    """`rows`: who, num, den, missing.  Without a judged row the value is not available, never 0."""
    judged, unjudged = float(rows["den"].sum()), float(rows["missing"].sum())
    whole = judged + unjudged
    completeness = judged / whole if whole > 0 else None
    counted = rows[(rows["den"] > 0) | (rows["num"] != 0)]
    if counted.empty:
        return Figure(None, 0, 0, completeness)
    per = counted.groupby("who", sort=True)[["num", "den"]].sum()
    den_total = float(per["den"].sum())
    n, cases = len(per), int((per["num"] > 0).sum())
    if den_total <= 0:
        return Figure(None, 0, 0, completeness)
    if unit == "count":
        return Figure(float(per["num"].sum()), n, cases, completeness, method="count")
    value = float(counted["num"].sum() / counted["den"].sum())
    num, den = per["num"].to_numpy(), per["den"].to_numpy()
    if unit == "share" and np.all(den == 1) and np.all((num == 0) | (num == 1)):
        score = wilson(float(num.sum()), n)
        return Figure(value, n, cases, completeness, score.low, score.high, method="wilson")
    ends = interval_of_ratio(num, den, repeats, zlib.crc32(seed_text.encode()))
    low, high = (ends.low, ends.high) if ends else (None, None)
    spread = _spread(counted, smallest) if unit in ("days", "working_days") else (None, None, None)
    return Figure(value, n, cases, completeness, low, high, "bootstrap" if ends else "", *spread)


def _spread(rows: pd.DataFrame, smallest: int) -> tuple[float | None, float | None, float | None]:
    values = np.sort(rows["num"].to_numpy())
    if len(values) < 2 * smallest:
        return float(np.median(values)), None, None
    return float(np.median(values)), float(values[smallest - 1]), float(values[-smallest])
