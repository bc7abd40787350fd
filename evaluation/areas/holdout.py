"""Would the sums have held?  Sums over areas of the hold-out's probabilities beside what really happened there."""

from collections.abc import Mapping

import pandas as pd

from evaluation.areas.estimates import LEVELS, sum_of_known
from evaluation.areas.settings import OTHER
from evaluation.held_out.groups import SMALLEST_CELL

MUNICIPALITY = "group_municipality"


def coverage(predictions: pd.DataFrame, area_of: Mapping[str, str], calibration: float) -> dict[str, float]:
    """{sums, coverage80, coverage95}: how many area sums (one per area and prediction date) lie in their interval."""
    if MUNICIPALITY not in predictions:
        return {"sums": 0.0}
    area = predictions[MUNICIPALITY].map(area_of).fillna(OTHER)
    inside: dict[float, list[bool]] = {level: [] for level in LEVELS}
    for _, rows in predictions.groupby([area, predictions["as_of"]]):
        if len(rows) >= SMALLEST_CELL:
            estimate = sum_of_known(rows["p"].to_numpy(), calibration)
            for level in LEVELS:
                low, high = estimate.interval(level)
                inside[level].append(bool(low <= rows["label"].sum() <= high))
    return summary(inside)


def summary(inside: Mapping[float, list[bool]]) -> dict[str, float]:
    """Shares of the intervals that held, by level."""
    sums = len(next(iter(inside.values())))
    shares = {f"coverage{level * 100:.0f}": sum(held) / sums for level, held in inside.items()} if sums else {}
    return {"sums": float(sums), **shares}
