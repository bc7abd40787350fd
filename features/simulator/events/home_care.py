"""Home-care visits: day by day, part of the day by part of the day, with the rhythm of weeks and holidays."""

import numpy as np
import pandas as pd

from features.simulator.coded import coded, constant
from features.simulator.residents.months import Months
from features.simulator.residents.people import ADULT, Residents
from features.simulator.residents.world import RESIDENTIAL, World
from features.simulator.settings import County

PARTS = {
    "morning": (420, 630),
    "noon": (660, 780),
    "afternoon": (840, 990),
    "evening": (1050, 1290),
    "night": (10, 300),
}
"""Minutes of the day between which a visit of that part starts."""
MEAN_WEIGHT = {"morning": 1.25, "noon": 0.75, "afternoon": 0.75, "evening": 1.0, "night": 0.7}
TEAM = 14
AREA_NOISE = 0.03
"""Day-to-day noise that a whole area shares: absences, weather (our choice)."""


def draw_visits(
    county: County, people: Residents, months: Months, world: World, spans: pd.DataFrame, wards: pd.DataFrame
) -> pd.DataFrame:
    """Every planned home-care visit of the covered days."""
    rng = np.random.default_rng([county.seed, 7])
    care = spans[spans["level"] < RESIDENTIAL]
    start = np.maximum(care["start"].to_numpy(), months.data_day)
    length = np.maximum(0, np.minimum(care["end"].to_numpy(), months.days) - start)
    span = np.repeat(np.arange(len(care)), length)
    offset = np.arange(len(span)) - np.repeat(np.cumsum(length) - length, length)
    day = (start[span] + offset).astype(np.int32)
    person = care["person"].to_numpy()[span].astype(np.int32)
    at_home = ~_in_ward(people, months, wards)[person, day]
    span, day, person = span[at_home], day[at_home], person[at_home]
    level = care["level"].to_numpy()[span]
    granted = care["granted"].to_numpy()[span]
    gap = _grown_need(county, months, world, person, day, care["need"].to_numpy()[span])
    rhythm = _rhythm(county, people, months, rng)[people.area[person], day] * (
        1 + county.home_care.memory_of_grant * gap
    )
    parts = [
        _part_rows(
            county, part, level, rhythm, person, day, granted * (1 + county.home_care.memory_of_grant * gap), rng
        )
        for part in PARTS
    ]
    return _complete(county, people, months, world, pd.concat(parts, ignore_index=True), rng)


def _in_ward(people: Residents, months: Months, wards: pd.DataFrame) -> np.ndarray:
    """[person, day]: in hospital, so nobody visits."""
    steps = np.zeros((people.count, months.days + 2), dtype=np.int8)
    np.add.at(steps, (wards["person"], wards["start"]), 1)
    np.add.at(steps, (wards["person"], np.minimum(wards["end"], months.days + 1)), -1)
    return np.cumsum(steps, axis=1, dtype=np.int8)[:, : months.days] > 0


def _grown_need(
    county: County, months: Months, world: World, person: np.ndarray, day: np.ndarray, need_then: np.ndarray
) -> np.ndarray:
    """How far the need has moved from what the decision was made on."""
    now = world.care_need[months.month_of(np.arange(months.days))[day], person]
    return np.clip(now - need_then, -1.0, 1.5)


def _rhythm(county: County, people: Residents, months: Months, rng: np.random.Generator) -> np.ndarray:
    """[area, day]: weekends and holidays, and the noise that an area shares."""
    care = county.home_care
    weekend = months.weekday >= 5
    base = np.where(months.off & ~weekend, care.holiday, np.where(weekend, care.weekend, 1.0))
    noise = 1 + AREA_NOISE * rng.normal(0, 1, (len(county.areas), months.days))
    return (base[None, :] * noise).astype(np.float32)


def _part_rows(
    county: County,
    part: str,
    level: np.ndarray,
    rhythm: np.ndarray,
    person: np.ndarray,
    day: np.ndarray,
    granted: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    care = county.home_care
    kinds = (care.light, care.regular, care.intensive)
    chance = np.array([0.0, *(kind.slots[part] for kind in kinds)])
    weekly = np.array([1.0, *(7 * sum(kind.slots[p] * MEAN_WEIGHT[p] for p in PARTS) for kind in kinds)])
    takes = rng.random(len(level), dtype=np.float32) < (chance[level] * rhythm)
    chosen = np.flatnonzero(takes)
    n = len(chosen)
    mean = granted[chosen] / weekly[level[chosen]] * MEAN_WEIGHT[part]
    low, high = PARTS[part]
    second = rng.integers(low * 60, high * 60, n).astype(np.int32)
    minutes = np.clip(np.round(mean * np.exp(rng.normal(0, 0.25, n)) / np.exp(0.25**2 / 2)), 5, 240)
    return pd.DataFrame(
        {"person": person[chosen], "day": day[chosen], "second": second, "minutes": minutes.astype(np.float32)}
    )


def _complete(
    county: County, people: Residents, months: Months, world: World, rows: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    n = len(rows)
    person = rows["person"].to_numpy()
    u = rng.random(n)
    fate = np.select([u < 0.010, u < 0.032, u < 0.040], [1, 2, 3], 0).astype(np.int8)
    fate[(person == ADULT) & (u < 0.08)] = 1
    usual = (person * 5) % TEAM
    rows["month"] = months.month_of(np.arange(months.days))[rows["day"].to_numpy()].astype(np.int16)
    rows["worker"] = np.where(rng.random(n) < 0.35, usual, rng.integers(0, TEAM, n)).astype(np.int16)
    rows["service"] = constant("home_care", n)
    rows["sector"] = constant("social", n)
    rows["channel"] = constant("home", n)
    rows["profession"] = coded((rng.random(n) < 0.14).astype(np.int8), ["practical_nurse", "nurse"])
    rows["urgency"] = constant("non_urgent", n)
    rows["reason"] = coded(np.full(n, -1, np.int8), ["A"])
    rows["status"] = coded(fate, ["done", "no_show", "cancelled_by_client", "cancelled_by_provider"])
    rows["unit"] = coded(people.area[person], [f"kotihoito_{area}" for area in county.areas])
    return rows
