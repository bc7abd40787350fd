"""The frame that every measure makes, and how rows become clients."""

from typing import Any

import numpy as np
import pandas as pd

PARTS = ("who", "num", "den", "missing")


def parts(who: Any, num: Any, den: Any = 1.0, missing: Any = 0.0) -> pd.DataFrame:
    """who (client, unit or slot), num, den, missing (rows that ought to count but cannot be judged)."""
    rows = len(num) if isinstance(who, str) else len(who)
    numbers = {
        name: np.broadcast_to(np.asarray(one, np.float64), rows)
        for name, one in zip(PARTS[1:], (num, den, missing), strict=True)
    }
    return pd.DataFrame({"who": np.asarray([who] * rows if isinstance(who, str) else who, dtype=object), **numbers})


def nothing() -> pd.DataFrame:
    """No row."""
    return parts(np.array([], dtype=object), np.array([]))


def summed(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per client: sums."""
    return frame.groupby("who", as_index=False, sort=True)[["num", "den", "missing"]].sum()


def by_client(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows to clients: each counts once and is a case when one row is; unjudged only without a judged row."""
    found = summed(frame)
    counted = found["den"] > 0
    return parts(found["who"], (counted & (found["num"] > 0)), counted, ~counted & (found["missing"] > 0))
