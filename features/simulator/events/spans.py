"""Services that last, cut from the monthly levels: [start, end) in days, with what was granted."""

import numpy as np
import pandas as pd

from features.simulator.residents.months import Months
from features.simulator.residents.people import Residents
from features.simulator.residents.walk import thresholds
from features.simulator.residents.world import INTENSIVE, RESIDENTIAL, World
from features.simulator.settings import County

GRANT_REVIEW = 0.55
"""A growth or fall of need inside a level that leads to a new decision at the yearly check (our choice)."""


GRANT_PER_NEED = 0.40
"""How much more is granted per unit of need above the level's threshold (our choice)."""
GRANT_NOISE = 0.05
"""Spread of the granted minutes between clients in the same need (our choice)."""


def care_spans(county: County, people: Residents, months: Months, world: World) -> pd.DataFrame:
    """One row per stay on one level of care with one decision: person, start, end, level, granted minutes, need."""
    rng = np.random.default_rng([county.seed, 5])
    spans = _level_runs(months, world)
    last = np.minimum(people.to_day, world.death_day)[spans["person"]]
    spans["end"] = np.minimum(spans["end"], last)
    spans = spans[(spans["start"] < spans["end"]) & (spans["level"] > 0)]
    spans = spans[spans["start"] >= people.from_day[spans["person"]]].reset_index(drop=True)
    return _grants(county, months, world, _reviewed(months, world, spans), rng)


def _level_runs(months: Months, world: World) -> pd.DataFrame:
    """Cut every person's monthly levels where they change."""
    level = world.level.T
    before = np.zeros_like(level)
    before[:, 1:] = level[:, :-1]
    changed = level != before
    person, month = np.nonzero(changed)
    start = world.change_day[month, person].astype(np.int64)
    same = np.append(person[1:] == person[:-1], False)
    end = np.where(same, np.append(start[1:], 0), months.days + 1)
    return pd.DataFrame({"person": person, "start": start, "end": end, "level": level[person, month].astype(np.int64)})


def _reviewed(months: Months, world: World, spans: pd.DataFrame) -> pd.DataFrame:
    """Split a long span at the yearly check when the need has moved inside the level."""
    length = np.minimum(spans["end"], months.days) - spans["start"]
    check = spans["start"].to_numpy() + 365
    splits = (length > 430).to_numpy() & (spans["level"] <= INTENSIVE).to_numpy()
    person = spans["person"].to_numpy()
    now = world.care_need[np.clip(months.month_of(check), 0, months.count - 1), person]
    then = world.care_need[months.month_of(spans["start"].to_numpy()), person]
    splits &= np.abs(now - then) > GRANT_REVIEW
    second = spans[splits].assign(start=check[splits])
    first = spans.copy()
    first.loc[splits, "end"] = check[splits]
    return pd.concat([first, second]).sort_values(["person", "start"], kind="stable").reset_index(drop=True)


def _grants(
    county: County, months: Months, world: World, spans: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    care = county.home_care
    base = np.array([0, care.light.minutes_per_week, care.regular.minutes_per_week, care.intensive.minutes_per_week, 0])
    need = world.care_need[months.month_of(spans["start"].to_numpy()), spans["person"].to_numpy()]
    level = spans["level"].to_numpy()
    above = np.clip(need - thresholds(county)[level], -0.6, 0.9)
    minutes = base[level] * (1 + GRANT_PER_NEED * above) * np.exp(rng.normal(0, GRANT_NOISE, len(spans)))
    return spans.assign(need=need, granted=np.where(level == RESIDENTIAL, np.nan, np.round(minutes / 5) * 5))


def ward_spans(county: County, people: Residents, months: Months, world: World) -> pd.DataFrame:
    """Hospital stays: start, end; no stay overlaps the one before."""
    rng = np.random.default_rng([county.seed, 6])
    month, person = np.nonzero(world.wards)
    order = np.lexsort((month, person))
    month, person = month[order], person[order]
    start = months.draw_days(rng, month, office=False).astype(np.int64)
    length = np.maximum(1, np.round(np.exp(rng.normal(1.6, 0.75, len(start))))).astype(np.int64)
    last = np.minimum(people.to_day, world.death_day)[person]
    end = np.minimum(start + length, last)
    same = np.append(person[1:] == person[:-1], False)
    end = np.where(same, np.minimum(end, np.append(start[1:], 0)), end)
    keep = (start < end) & (start >= people.from_day[person])
    return pd.DataFrame({"person": person[keep], "start": start[keep], "end": end[keep]})
