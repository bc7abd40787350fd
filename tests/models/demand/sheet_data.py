"""A plain sheet for the tests, and fewer back-test windows where their number does not matter."""

import numpy as np
import pandas as pd
import pytest

from models.demand.sheet_default import inferring

FREQ = {"day": "D", "week": "W-MON", "month": "MS"}
SEASON = {"day": 7, "week": 52, "month": 12}


def sheet(
    period: str = "month", periods: int = 60, names: str = "abc", start: str = "2019-01-07", noise: float = 2.0
) -> pd.DataFrame:
    """Series with a season and a level each, as text like a CSV."""
    rng = np.random.default_rng(5)
    days = pd.date_range(start if period != "month" else "2019-01-01", periods=periods, freq=FREQ[period])
    wave = 20 * np.sin(2 * np.pi * np.arange(periods) / SEASON[period])
    parts = [
        pd.DataFrame(
            {
                "unique_id": name,
                "ds": days.strftime("%Y-%m-%d"),
                "y": 100 + 10 * k + wave + rng.normal(0, noise, periods),
            }
        )
        for k, name in enumerate(names)
    ]
    return pd.concat(parts, ignore_index=True).astype({"y": str})


@pytest.fixture
def few_windows(monkeypatch):
    """Two back-test windows instead of nine: what is tested here does not depend on their number."""
    monkeypatch.setattr(inferring, "MANY_WINDOWS", (1, 1))


def bad(kind: str) -> pd.DataFrame:
    """One series `z` that would change what the others share."""
    one = sheet("month", 60, "z")
    y, rng = one["y"].astype(float).to_numpy(), np.random.default_rng(3)
    values = {
        "restless": rng.lognormal(3, 1.5, 60),
        "a typo": np.where(np.arange(60) == 40, 100 * y, y),
        "a jump": np.where(np.arange(60) < 50, y, 12 * y),
        "mostly zeros": rng.poisson(0.4, 60).astype(float),
        "a missing month": y,
    }[kind]
    one["y"] = values.astype(str)
    return one.drop(index=30) if kind == "a missing month" else one
