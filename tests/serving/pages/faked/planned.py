"""The made-up county that is planned for: its forecast as series, its people by age, why a forecast is what it is."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from models.demand.explained import ForecastExplanation, GroupShare
from models.planning.ages import AgeStructure, spread_bands
from models.planning.base import Base, PlanSeries, part_dimensions
from tests.serving.pages.faked.answers import forecast_answer, words

AREAS = {"Länsi": words("Länsi", "Väst", "West"), "Itä": words("Itä", "Öst", "East")}
NAMES = {**AREAS, "county": words("Koko alue", "Hela området", "Whole county")}
AGES = {"75plus": words("75 vuotta täyttäneet", "75 år fyllda", "75 and over")}


@cache
def base() -> Base:
    """Visits and hours of two areas, 12 weeks, as the fake forecast says them."""
    answer = forecast_answer()
    bottom = {
        f"{area}|{measure}|{band}": size * share
        for area, size in (("Länsi", 1.0), ("Itä", 0.4))
        for measure, times in (("visits", 1.0), ("hours", 0.6))
        for band, share in (("under65", 0.2 * times), ("65to74", 0.3 * times), ("75plus", 1.0 * times))
    }
    series = [
        PlanSeries(
            f"{area}|{measure}|{age}",
            {"area": area, "measure": measure, "age_group": age},
            tuple(f"{one}|{measure}|{band}" for one in (AREAS if area == "county" else [area]) for band in bands),
            words(f"Kotihoito, {area}", f"Hemvård, {area}", f"Home care, {area}"),
            words("käyntiä", "besök", "visits") if measure == "visits" else words("tuntia", "timmar", "hours"),
        )
        for area in ("county", *AREAS)
        for measure in ("visits", "hours")
        for age, bands in {"total": ("under65", "65to74", "75plus"), "75+": ("75plus",)}.items()
    ]
    rows = [
        (
            one.series_id,
            pd.Timestamp(point.period_start),
            step,
            *_numbers(point, sum(bottom[part] for part in one.parts)),
        )
        for one in series
        for step, point in enumerate(answer.points, start=1)
    ]
    table = pd.DataFrame(rows, columns=["series_id", "ds", "step", "value", "low80", "high80", "low95", "high95"])
    return Base(
        table,
        tuple(series),
        {part: part_dimensions(part, ("area", "measure", "age_group"), series) for part in bottom},
        bottom,
        "week",
    )


def _numbers(point: Any, size: float) -> tuple[float, ...]:
    return tuple(getattr(point, name) * size for name in ("value", "low80", "high80", "low95", "high95"))


def people() -> AgeStructure:
    bands = [("under65", 8000), ("65-74", 900), ("75-84", 700), ("85+", 300)]
    rows = [(area, ages, sex, count) for area in AREAS for ages, count in bands for sex in ("female", "male")]
    persons, open_from = spread_bands(pd.DataFrame(rows, columns=["area", "ages", "sex", "persons"]))
    return AgeStructure(persons, np.ones((2, 106)), words("iän mukaan", "enligt ålder", "by age"), open_from)


def own_series(series_id: str) -> str:
    """The pages' fake series are written area|age|measure, the planning base's area|measure|age."""
    area, second, third = series_id.split("|")
    return series_id if second in ("visits", "hours") else f"{area}|{third}|{second}"


def explanation(points: Sequence[Any], series_id: str) -> ForecastExplanation:
    """1,400 on average last year, and what four groups and a remainder add to it."""
    shown = tuple(point.value for point in points)
    n, flat = len(shown), tuple(1400.0 for _ in shown)
    added = {"level_trend": 60.0, "calendar": -25.0, "population": 18.0, "statistical": 30.0, "drivers": 0.0}
    rest = tuple(value - 1400.0 - sum(added.values()) for value in shown)
    names = {
        "level_trend": words("Sarjan oma kehitys", "Seriens egen utveckling", "The series' own course"),
        "calendar": words("Kalenteri", "Kalendern", "The calendar"),
        "population": words("Väestön ikääntyminen", "Befolkningens åldrande", "The ageing of the population"),
        "statistical": words("Tilastollisten mallien osuus", "De statistiska modellernas andel", "Statistical models"),
        "drivers": words("Tiedossa olevat muutokset", "Kända förändringar", "Known changes"),
    }
    groups = tuple(
        GroupShare(name, names[name], value, tuple(value for _ in shown), words("x", "y", "z"))
        for name, value in added.items()
    )
    return ForecastExplanation(
        series_id, words("käyntiä", "besök", "visits"), tuple(point.period_start for point in points),
        sum(shown) / n, 1400.0, sum(rest) / n, shown, flat, rest, groups, 0.27,
        words("Lähtötaso on 52 viikon keskiarvo.", "Utgångsnivån är medeltalet.", "Starting level: mean of 52 weeks."),
        words("Osa erosta ei selity.", "En del av skillnaden är oförklarad.", "A part is not explained."),
    )  # fmt: skip
