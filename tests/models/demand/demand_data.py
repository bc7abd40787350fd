"""Small demand configs and series for the tests of forecasts."""

from typing import Any

import numpy as np
import pandas as pd

from configs.loader import validate_config
from models.demand.config import DemandConfig

SMALL_TREES = {"lags": [1, 2, 12], "rolling": [3], "date_features": ["month"], "rounds": 20, "smallest_leaf": 5}


def words(word: str) -> dict[str, str]:
    return {"fi": f"{word} fi", "sv": f"{word} sv", "en": f"{word} en"}


def monthly(**more: Any) -> DemandConfig:
    """A config of a sheet of monthly series."""
    values = {
        "id": "attendances_monthly",
        "version": "1",
        "notice": words("notice"),
        "source": {"kind": "sheet", "file": "sheet.csv", "origin": "Drawn here."},
        "period": "month",
        "season_length": 12,
        "horizon": 6,
        "minimum_periods": 16,
        "measures": {"attendances": {"name": words("attendances"), "unit": words("attendances a month")}},
        "lightgbm": SMALL_TREES,
        "backtest": {"selection_windows": 2, "report_windows": 1, "step": 6},
    }
    return validate_config({**values, **more}, DemandConfig, "monthly")


def weekly(**more: Any) -> DemandConfig:
    """A config of contacts: two areas in one county, three age groups and all ages."""
    county = {
        "id": "home_care_weekly",
        "source": {"kind": "contacts", "service": "home_care", "reporting_lag_days": 14},
        "period": "week",
        "season_length": 52,
        "horizon": 4,
        "measures": {name: {"name": words(name), "unit": words(f"{name} a week")} for name in ("visits", "hours")},
        "county": words("county"),
        "areas": {"901": words("North"), "902": words("South")},
        "age_groups": {name: words(name) for name in ("total", "under65", "65plus", "75plus")},
        "ets_seasonal": False,
        "lightgbm": {**SMALL_TREES, "date_features": ["week"]},
    }
    return monthly(**{**county, **more})


def series(name: str, start: str, values: Any, freq: str = "MS") -> pd.DataFrame:
    values = np.asarray(values, float)
    return pd.DataFrame({"unique_id": name, "ds": pd.date_range(start, periods=len(values), freq=freq), "y": values})


def together(*parts: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(parts).sort_values(["unique_id", "ds"], ignore_index=True)


def residuals(*by_step: list[float], level: str = "area") -> pd.DataFrame:
    rows = [(level, step, one) for step, values in enumerate(by_step, start=1) for one in values]
    return pd.DataFrame(rows, columns=["level", "step", "scaled"])
