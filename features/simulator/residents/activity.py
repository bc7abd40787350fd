"""How often every service is used: counts per month and person, drawn from need, access, supply and the break."""

import numpy as np

from features.simulator.residents.months import Months
from features.simulator.residents.people import ADULT, Residents
from features.simulator.residents.walk import thresholds
from features.simulator.residents.world import LIGHT, World, in_mental_need, recent
from features.simulator.settings import County, Service

SOCIAL_LIMIT = 1.3
INCOME_LIMIT = 1.5
HABIT_SPREAD = 0.55
"""How differently people seek help with the same need (our choice; gives the usual over-dispersion of visits)."""


def draw_counts(county: County, people: Residents, months: Months, world: World) -> dict[str, np.ndarray]:
    """Contacts per service as [month, person]; home care has its own days and is not here."""
    rng = np.random.default_rng([county.seed, 3])
    habit = rng.normal(0, HABIT_SPREAD, people.count).astype(np.float32)
    states = _states(world)
    gates = _gates(county, people, world)
    volume = _volume(county, months)
    present = _present(people, months, world)
    counts = {}
    for name, service in county.services.items():
        if name == "emergency_visit":
            counts[name] = world.emergencies * present
            continue
        rate = _rate(service, states, habit, months) * gates[service.gate] * people.supply * volume[:, None]
        counts[name] = np.minimum(rng.poisson(rate * present), 25).astype(np.int8)
    return counts


def _rate(service: Service, states: dict[str, np.ndarray], habit: np.ndarray, months: Months) -> np.ndarray:
    years = (np.arange(months.count) - months.data_month) / 12.0
    log_rate = np.log(max(service.per_month, 1e-9)) + service.growth * np.maximum(years, 0)[:, None] + habit
    for name, effect in service.effects.items():
        log_rate = log_rate + effect * states[name]
    return np.exp(np.minimum(log_rate, 2.5)).astype(np.float32)


def _states(world: World) -> dict[str, np.ndarray]:
    conditions = world.diabetes.astype(np.float32) + world.heart + world.memory + (world.mental > 1.3)
    return {
        "function": np.clip(world.function, -2.0, 2.5) + 1.0,
        "mental": world.mental,
        "social": world.social,
        "instability": world.instability,
        "care_need": np.clip(world.care_need, -1, 4),
        "conditions": conditions,
    }


def _gates(county: County, people: Residents, world: World) -> dict[str, np.ndarray]:
    adult, old = (world.age >= 18) & (world.age < 65), world.age >= 65
    official = np.arange(people.count) == ADULT
    light = thresholds(county)[LIGHT]
    return {
        "all": world.age >= 0,
        "digital": (world.age >= 16) & ~people.digitally_excluded,
        "mental": in_mental_need(county, people, world) & people.access,
        "substance": (world.substance & people.access)[None, :] & (world.age >= 18),
        "social_adult": adult & (world.social > SOCIAL_LIMIT) | official,
        "income": adult & (world.social > INCOME_LIMIT) | official,
        "care_need": (old & (world.care_need > light - 0.4)) | ((world.level > 0) & (world.age >= 18)),
        "after_ward": (recent(world.wards, 3) > 0.5) & (world.function > -0.5),
    }


def _volume(county: County, months: Months) -> np.ndarray:
    """Fewer contacts while the break lasts; remote ones are not cut."""
    inside = (months.starts >= np.datetime64("2020-03-01")) & (months.starts <= np.datetime64(county.pandemic.until))
    return np.where(inside, county.remote.first + (1 - county.remote.first) * county.pandemic.in_person, 1.0)


def _present(people: Residents, months: Months, world: World) -> np.ndarray:
    """Living in the county for at least a part of the month."""
    first, last = months.first_day[:-1, None], months.first_day[1:, None]
    return (people.from_day < last) & (np.minimum(people.to_day, world.death_day) > first) & (world.age >= -0.1)


def is_there(people: Residents, world: World, person: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Alive and resident on that very day."""
    return (day >= people.from_day[person]) & (day < np.minimum(people.to_day, world.death_day)[person])
