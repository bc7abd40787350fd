"""LightGBM recipes on the first 36 months of the Hospital panel: nothing later may choose a recipe."""

from collections.abc import Mapping

import pandas as pd

from evaluation.backtest import published_errors
from models.demand.config import DemandConfig, Recipe
from models.demand.forecasters import boosted

KNOWN, ORIGINS = 36, (24, 30)
PLAIN = {"leaves": 15, "row_share": 1.0, "column_share": 1.0, "exponential": (0.3,)}
RECIPES: Mapping[str, Mapping[str, object]] = {
    "as in the design notes": PLAIN,
    "31 leaves": {**PLAIN, "leaves": 31},
    "sampled": {**PLAIN, "row_share": 0.7, "column_share": 0.5},
    "31 leaves, sampled, one exponential mean": {**PLAIN, "leaves": 31, "row_share": 0.7, "column_share": 0.5},
    "7 leaves, sampled": {**PLAIN, "leaves": 7, "row_share": 0.7, "column_share": 0.5},
    "of the config": {},
}


def recipe_errors(panel: pd.DataFrame, config: DemandConfig) -> dict[str, float]:
    """MASE of every recipe, mean over the two origins that lie in the first 36 months."""
    dates = sorted(panel["ds"].unique())[:KNOWN]
    seen = panel[panel["ds"].isin(dates)]
    return {
        name: _error(seen, dates, config, config.lightgbm.model_copy(update=dict(more)))
        for name, more in RECIPES.items()
    }


def _error(seen: pd.DataFrame, dates: list[pd.Timestamp], config: DemandConfig, recipe: Recipe) -> float:
    found = []
    for origin in ORIGINS:
        known = seen[seen["ds"] <= dates[origin - 1]]
        ahead = seen[seen["ds"] > dates[origin - 1]]
        trees = boosted.fit(known, recipe, config.freq, config.season_length)
        said = boosted.predict(trees, min(config.horizon, KNOWN - origin)).merge(ahead, on=["unique_id", "ds"])
        found.append(float(published_errors(said, known, ["lightgbm"], config.season_length)["mase"].iloc[0]))
    return sum(found) / len(found)
