"""Tables as text, for the tests of the back-test."""

import numpy as np
import pandas as pd

from models.demand.config import DemandConfig
from tests.models.demand.demand_data import monthly, series, together

NAIVE, ETS = "seasonal_naive", "ets"


def plan(selection: int, report: int, step: int, **more: int) -> DemandConfig:
    return monthly(backtest={"selection_windows": selection, "report_windows": report, "step": step}, **more)


def last_value(panel: pd.DataFrame, config: DemandConfig, horizon: int) -> pd.DataFrame:
    """A forecaster that compiles nothing: the season again, the last value, and half of it."""
    parts = []
    for name, rows in panel.groupby("unique_id"):
        y = rows["y"].to_numpy()
        ahead = pd.date_range(rows["ds"].max(), periods=horizon + 1, freq=config.freq)[1:]
        again = y[-config.season_length :][:horizon]
        parts.append(pd.DataFrame({"unique_id": name, "ds": ahead, NAIVE: again, ETS: y[-1], "lightgbm": y[-1] / 2}))
    return pd.concat(parts, ignore_index=True)


def drawn_panel() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return together(*(series(name, "2020-01-01", 100 + rng.integers(0, 40, 60)) for name in ("a", "b", "c")))
