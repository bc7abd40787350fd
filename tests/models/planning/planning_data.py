"""A small county for the planning tests: two areas, visits and hours, three age bands, four weeks."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from models.planning.ages import AgeStructure, spread_bands
from models.planning.base import Base, PlanSeries, part_dimensions
from models.planning.scenarios.config import Scenario, scenario_of
from tests.models.demand.demand_data import words

BANDS = {"total": ("under65", "65to74", "75plus"), "65plus": ("65to74", "75plus"), "75plus": ("75plus",)}
DATES = pd.date_range("2025-01-06", periods=4, freq="W-MON")
BOTTOM = {
    "901|visits|under65": 10.0,
    "901|visits|65to74": 20.0,
    "901|visits|75plus": 70.0,
    "902|visits|under65": 0.0,
    "902|visits|65to74": 40.0,
    "902|visits|75plus": 60.0,
}


def small_base(bottom: Mapping[str, float] = BOTTOM, measure: str = "visits") -> Base:
    """Every series has an 80 % interval of ±10 % and a 95 % one of ±20 %."""
    areas = sorted({part.split("|")[0] for part in bottom})
    series = [
        PlanSeries(
            f"{area}|{measure}|{age}",
            {"area": area, "measure": measure, "age_group": age},
            tuple(f"{one}|{measure}|{band}" for one in (areas if area == "county" else [area]) for band in bands),
            words(f"{area} {age}"),
            words("visits a week"),
        )
        for area in ("county", *areas)
        for age, bands in BANDS.items()
    ]
    return base_from(series, bottom)


def base_from(series: list[PlanSeries], bottom: Mapping[str, float]) -> Base:
    values = {one.series_id: sum(bottom[part] for part in one.parts) for one in series}
    rows = [(name, ds, step, value) for name, value in values.items() for step, ds in enumerate(DATES, start=1)]
    table = pd.DataFrame(rows, columns=["series_id", "ds", "step", "value"])
    for level, width in (("80", 0.1), ("95", 0.2)):
        table[f"low{level}"], table[f"high{level}"] = table["value"] * (1 - width), table["value"] * (1 + width)
    parts = {part: part_dimensions(part, ("area", "measure", "age_group"), series) for part in bottom}
    return Base(table, tuple(series), parts, dict(bottom), "week")


def channel_base() -> Base:
    """Contacts of one area by channel: phone 100, digital clinic 50, and their sum."""
    bottom = {"phone": 100.0, "digital": 50.0}
    one = {
        name: PlanSeries(name, {"channel": name, "area": "901"}, (name,), words(name), words("contacts"))
        for name in bottom
    }
    all_channels = PlanSeries(
        "all", {"channel": "all", "area": "901"}, ("phone", "digital"), words("all"), words("contacts")
    )
    return base_from([*one.values(), all_channels], bottom)


def population(**need: Any) -> AgeStructure:
    """901: 100 aged 65–74 and 100 aged 75+; 902: 300 and 100; women only; need 1 or as told by age."""
    rows = [("901", "65-74", 100), ("901", "75-84", 60), ("901", "85+", 40), ("902", "65-74", 300), ("902", "75+", 100)]
    table = pd.DataFrame(
        [(area, ages, "female", n) for area, ages, n in rows], columns=["area", "ages", "sex", "persons"]
    )
    persons, open_from = spread_bands(table)
    weights = np.ones((2, 106))
    for age, weight in need.items():
        weights[:, int(age.removeprefix("from")) :] = weight
    return AgeStructure(persons, weights, words("basis"), open_from)


def scenario(**changes: Any) -> Scenario:
    values = {"id": "tried", "name": words("tried"), "description": words("tried"), "base_year": 2024}
    return scenario_of({**values, **changes})
