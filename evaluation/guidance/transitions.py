"""Who was in which class in a quarter, and in which the quarter after."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd

NONE, LEFT = "none", "left"
"""No use of any class in the quarter; died or moved away before it ended."""


def quarter_starts(until: date, quarters: int) -> list[pd.Timestamp]:
    """The first days of the newest `quarters` whole quarters before `until`, and the day after the last of them."""
    end = pd.Timestamp(until).to_period("Q").start_time
    return [end - pd.DateOffset(months=3 * back) for back in range(quarters, -1, -1)]


def heaviest(found: pd.DataFrame, starts: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """client_id × quarter number: the heaviest class used in it, NaN without any use."""
    parts = []
    for number, (start, end) in enumerate(pairwise(starts)):
        used = found[(found["start"] < end) & (found["end"] > start)]
        parts.append(used.groupby("client_id", observed=True)["level"].max().rename(number))
    return pd.concat(parts, axis=1)


def moves(
    found: pd.DataFrame, residents: pd.DataFrame, starts: Sequence[pd.Timestamp], ids: Sequence[str]
) -> pd.DataFrame:
    """quarter (number of the earlier one), before, after, n: people who used something in either of two quarters."""
    levels, gone = heaviest(found, starts), left_on(residents)
    parts = []
    for number in range(len(starts) - 2):
        pair = levels[[number, number + 1]].dropna(how="all")
        before, after = (_named(pair[at], ids) for at in (number, number + 1))
        day = gone.reindex(pair.index)
        after = np.where((day < starts[number + 2]).to_numpy(), LEFT, after)
        present = ~(day < starts[number + 1]).to_numpy()
        counted = pd.DataFrame({"quarter": number, "before": before, "after": after, "n": 1})[present]
        parts.append(counted.groupby(["quarter", "before", "after"], as_index=False).sum())
    return pd.concat(parts, ignore_index=True)


def left_on(residents: pd.DataFrame) -> pd.Series:
    """client_id → the day of death, or the end of the last stay; NaT for who lives in the county."""
    stays = residents.assign(client_id=residents["client_id"].astype(object))
    grouped = stays.groupby("client_id", observed=True)
    ended = grouped["valid_to"].max().where(~grouped["valid_to"].agg(lambda days: days.isna().any()).astype(bool))
    return pd.concat([ended, grouped["died_on"].min()], axis=1).min(axis=1)


def _named(levels: pd.Series, ids: Sequence[str]) -> np.ndarray:
    return np.array([NONE if np.isnan(level) else ids[int(level)] for level in levels.to_numpy(np.float64)], object)
