"""The world's hierarchy as published series, and the config that forecasts it."""

from typing import Any

from configs.loader import validate_config
from models.demand.config import DemandConfig
from models.demand.hierarchy import Published
from tests.bench.daily_world.simulator import GROUPS, World

LEVELS = ("area", "area_group", "county")
HORIZON = 84
TREES = {
    "lags": [*range(1, 15), 21, 28],
    "rolling": [7, 28, 56],
    "exponential": [0.1],
    "expanding": False,
    "seasonal_rolling": 8,
    "date_features": ["dayofweek"],
    "rounds": 200,
}


def published(world: World) -> tuple[Published, ...]:
    """Every area, three municipality groups, the county."""
    areas = world.areas
    groups = {f"group{k + 1}": tuple(areas[place] for place in places) for k, places in enumerate(GROUPS)}
    return (
        *(_sum(area, "area", (area,)) for area in areas),
        *(_sum(name, "area_group", parts) for name, parts in groups.items()),
        _sum("county", "county", areas),
    )


def _sum(name: str, place: str, parts: tuple[str, ...]) -> Published:
    return Published(name, name, "total", "visits", parts, place=place)


def daily_config(**more: Any) -> DemandConfig:
    """Daily visits, twelve weeks ahead."""
    name = dict.fromkeys(("fi", "sv", "en"), "Käynnit")
    values: dict[str, Any] = {
        "id": "home_care_daily",
        "version": "1",
        "notice": name,
        "source": {"kind": "sheet", "file": "daily.csv", "origin": "The simulator of daily home care."},
        "period": "day",
        "season_length": 7,
        "horizon": HORIZON,
        "minimum_periods": 60,
        "measures": {"visits": {"name": name, "unit": name}},
        "members": ["seasonal_naive", "rhythm", "lightgbm", "mean"],
        "lightgbm": TREES,
        "backtest": {"selection_windows": 2, "report_windows": 1, "step": 28},
    }
    return validate_config({**values, **more}, DemandConfig, "daily")
