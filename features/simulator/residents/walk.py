"""The monthly walk: falls, illness, loss of function, need of care, and the level of care that follows it."""

import numpy as np

from features.simulator.residents.months import Months
from features.simulator.residents.people import ADULT, Residents
from features.simulator.residents.world import (
    INTENSIVE,
    LIGHT,
    NONE,
    REGULAR,
    RESIDENTIAL,
    World,
    band_values,
    empty_world,
)
from features.simulator.settings import County

NEVER = 10_000
RECENT = 12
"""Months in which a fall, a ward stay or an emergency still raises the need of care (our choice)."""


def walk(county: County, people: Residents, months: Months) -> World:
    """Simulate every month from the burn-in to the end."""
    rng = np.random.default_rng([county.seed, 2])
    world = empty_world(months, people.count)
    _first_states(county, people, world, rng)
    for month in range(months.count):
        age = people.age(months.starts[month] + 15)
        world.age[month] = age
        _slow_states(county, world, month, rng)
        _cognition(county, world, month, age, rng)
        _shocks(county, people, months, world, month, rng)
        _function(county, world, month, age, rng)
        _carers(county, world, month, rng)
        world.care_need[month] = care_need(county, world, month)
        _deaths(county, people, months, world, month, rng)
        _levels(county, people, months, world, month, rng)
    return world


def _first_states(county: County, people: Residents, world: World, rng: np.random.Generator) -> None:
    n = people.count
    latent = county.latent
    age = people.age(np.datetime64(county.start, "D"))
    world.function[0] = np.where(age >= 60, (age - 79) / 11 + rng.normal(0, 0.75, n), -2.2 + rng.normal(0, 0.5, n))
    disabled = (age < 60) & (age >= 18) & (rng.random(n) < 0.012)
    world.function[0][disabled] = rng.normal(0.8, 0.5, int(disabled.sum()))
    world.mental[0] = rng.normal(0, 1, n)
    world.social[0] = rng.normal(0, 1, n)
    world.unobserved[0] = rng.normal(0, 1, n)
    world.carer[0] = rng.random(n) < band_values(county, people, "carer")
    world.diabetes[:] = rng.random(n) < band_values(county, people, "diabetes")
    world.heart[:] = rng.random(n) < band_values(county, people, "heart_disease")
    world.substance[:] = (age >= 18) & (age < 75) & (rng.random(n) < latent.substance_share)
    world.acute_habit[:] = rng.normal(0, 1, n)
    world.memory_onset[:] = NEVER
    has = rng.random(n) < band_values(county, people, "memory_disorder")
    world.memory_onset[has] = -rng.integers(0, 48, int(has.sum()))
    world.function[0][ADULT], world.social[0][ADULT], world.mental[0][ADULT] = 1.6, 1.6, 1.4
    world.carer[0][ADULT] = False


def _slow_states(county: County, world: World, month: int, rng: np.random.Generator) -> None:
    """Mental, social and unstable states return slowly to their mean; each keeps a standard deviation of 1."""
    latent = county.latent
    n = world.mental.shape[1]
    steps = (
        (world.mental, latent.mental_memory),
        (world.social, latent.social_memory),
        (world.instability, latent.instability_memory),
        (world.unobserved, latent.unobserved_memory),
    )
    for state, memory in steps:
        before = state[month - 1] if month else state[0]
        state[month] = memory * before + np.sqrt(1 - memory**2) * rng.normal(0, 1, n)
    if month:
        world.mental[month][ADULT] = max(world.mental[month][ADULT], 1.3)
        world.social[month][ADULT] = max(world.social[month][ADULT], 1.5)


def _cognition(county: County, world: World, month: int, age: np.ndarray, rng: np.random.Generator) -> None:
    latent = county.latent
    n = len(age)
    risk = latent.memory_onset_65 * 2 ** ((age - 65) / latent.memory_doubling_years)
    starts = (world.memory_onset == NEVER) & (age > 55) & (rng.random(n) < risk)
    world.memory_onset[starts] = month
    since = month - world.memory_onset
    speed = latent.cognition_rate * np.exp(rng.normal(0, 0.5, n))
    if month == 0:
        world.cognition[0] = np.where(since >= 0, 0.3 + latent.cognition_rate * since, 0.0)
        return
    grown = np.where(world.cognition[month - 1] > 0, world.cognition[month - 1] + speed, 0.3)
    world.cognition[month] = np.where(since >= 0, np.minimum(grown, 3.5), 0.0)


def _shocks(
    county: County, people: Residents, months: Months, world: World, month: int, rng: np.random.Generator
) -> None:
    """Falls, ward stays and emergency visits of the month."""
    latent = county.latent
    before = max(0, month - 1)
    function = np.clip(world.function[before], -2.5, 3)
    instability = world.instability[month]
    fall = latent.fall_rate * np.exp(0.55 * function + 0.35 * (world.cognition[month] > 0))
    world.falls[month] = np.minimum(rng.poisson(fall), 3)
    ward = latent.ward_rate * np.exp(
        0.55 * function + 0.4 * instability + 0.9 * world.falls[month] + 0.6 * world.heart + 0.5 * world.acute_habit
    )
    world.wards[month] = rng.random(len(ward)) < ward
    emergency = latent.emergency_rate * np.exp(
        0.22 * function
        + 0.35 * instability
        + 0.25 * world.mental[month]
        + 0.22 * world.social[month]
        + 0.9 * np.minimum(world.falls[month], 1)
        + 0.6 * world.wards[month]
        + 0.4 * world.substance
        + latent.emergency_habit * world.acute_habit
    )
    world.emergencies[month] = np.minimum(rng.poisson(emergency), 12)


def _function(county: County, world: World, month: int, age: np.ndarray, rng: np.random.Generator) -> None:
    latent = county.latent
    before = world.function[max(0, month - 1)]
    drift = np.where(age > 60, latent.function_drift + latent.function_drift_per_decade * (age - 75) / 10, 0.0)
    shock = latent.fall_effect * world.falls[month] + latent.ward_effect * world.wards[month]
    step = drift + np.where(age > 60, shock, 0.2 * shock) + latent.function_step * rng.normal(0, 1, len(age))
    world.function[month] = np.clip(before + step, -3.0, 3.2)
    world.function[month][ADULT] = np.clip(world.function[month][ADULT], 1.3, 1.9)


def _carers(county: County, world: World, month: int, rng: np.random.Generator) -> None:
    before = world.carer[max(0, month - 1)]
    burden = np.exp(0.5 * np.maximum(0, world.care_need[max(0, month - 1)]))
    lost = rng.random(len(before)) < county.latent.carer_loss * burden
    world.carer[month] = before & ~lost


def driver_states(world: World, month: int) -> dict[str, np.ndarray]:
    """The true value of every driver of the need of care in one month, by feature family."""
    since = max(0, month - RECENT + 1)
    window = slice(since, month + 1)
    cognition, function = world.cognition[month], world.function[month]
    return {
        "rai_adlh": np.maximum(function, -1.5),
        "rai_iadl": np.maximum(function + 0.4 * cognition, -1.5),
        "rai_cps": cognition,
        "memory_disorder": (cognition > 0).astype(np.float32),
        "rai_chess": world.instability[month],
        "rai_maple": np.clip(np.round(function + cognition), 0, 4).astype(np.float32) - 1,
        "rai_age": np.clip((world.age[month] - 80) / 8, -2, 2),
        "rai_drs": np.maximum(world.mental[month], 0),
        "age": np.clip((world.age[month] - 80) / 8, -2, 2),
        "fall_injury": np.minimum(world.falls[window].sum(axis=0), 3).astype(np.float32),
        "ward_stays": np.minimum(world.wards[window].sum(axis=0), 3).astype(np.float32),
        "emergency_contacts": np.log1p(world.emergencies[window].sum(axis=0)).astype(np.float32),
        "heart_disease": world.heart.astype(np.float32),
        "carer_relation": world.carer[month].astype(np.float32),
    }


def care_need(county: County, world: World, month: int) -> np.ndarray:
    """How much care a person needs, on the scale of the thresholds of home care."""
    weights = county.drivers["home_care_change"]
    states = driver_states(world, month)
    total = county.latent.unobserved * world.unobserved[month]
    for family, state in states.items():
        total = total + weights.get(family, 0.0) * state
    return total.astype(np.float32)


def thresholds(county: County) -> np.ndarray:
    """The need from which each level is meant; NONE has no threshold."""
    care = county.home_care
    return np.array(
        [-9.0, care.light.threshold, care.regular.threshold, care.intensive.threshold, care.residential_threshold, 9.0]
    )


def _deaths(
    county: County, people: Residents, months: Months, world: World, month: int, rng: np.random.Generator
) -> None:
    """Nobody dies in the burn-in: the residents are those who live on the first covered day."""
    if month == 0:
        world.death_day[:] = months.days + 1
    latent = county.latent
    age = world.age[month]
    risk = latent.death_80 * 2 ** ((age - 80) / latent.death_doubling_years)
    risk = risk * np.exp(0.35 * np.clip(world.function[month] - 0.2, -1, 3))
    dies = (rng.random(len(age)) < risk) & (month >= months.data_month) & (world.death_day > months.days)
    dies[:2] = False
    first, length = months.first_day[month], months.first_day[month + 1] - months.first_day[month]
    days = first + rng.integers(0, length, len(age))
    dies &= (days > people.from_day) & (days < people.to_day)
    world.death_day[dies] = days[dies]
    world.alive[month] = (world.death_day >= months.first_day[month + 1]) & (age > 0)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-x))


def _levels(
    county: County, people: Residents, months: Months, world: World, month: int, rng: np.random.Generator
) -> None:
    """At most one change of level a month, on a random day of it."""
    care = county.home_care
    n = people.count
    limit = thresholds(county)
    before = world.level[month - 1].astype(np.int64) if month else _first_levels(world, limit, rng)
    need = world.care_need[month]
    adult = (world.age[month] >= 18) & world.alive[month]
    outside = before == NONE
    supply = people.supply * _break_factor(county, months, month)
    gap = need - limit[before + 1]
    enters = outside & (rng.random(n) < care.entry * supply * _sigmoid(care.steepness * gap))
    scarcity = np.clip(people.supply, 0.8, 1.1)
    rises = (
        ~outside & (before < RESIDENTIAL) & (rng.random(n) < care.heavier * scarcity * _sigmoid(care.steepness * gap))
    )
    ends = (before == LIGHT) & (rng.random(n) < care.temporary_end * _sigmoid(-1.5 * (need - limit[LIGHT] - 0.5)) * 2)
    below = limit[before] - 0.5 - need
    falls = (before > LIGHT) & (before < RESIDENTIAL) & (rng.random(n) < care.lighter * _sigmoid(3 * below))
    after = before.copy()
    entry_level = np.where(need > limit[INTENSIVE], INTENSIVE, np.where(need > limit[REGULAR] + 0.1, REGULAR, LIGHT))
    after[enters] = entry_level[enters]
    after[rises] = before[rises] + 1
    jump = rises & (before == REGULAR) & (need > limit[RESIDENTIAL] + 0.4)
    after[jump] = RESIDENTIAL
    after[ends & ~rises] = NONE
    after[falls & ~rises] -= 1
    after[~adult] = NONE
    after[ADULT] = REGULAR if month >= months.data_month - 3 else NONE
    world.level[month] = after
    first, length = months.first_day[month], months.first_day[month + 1] - months.first_day[month]
    world.change_day[month] = first + rng.integers(0, length, n)


def _first_levels(world: World, limit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Before the burn-in three of four clients in need already had the level that was meant for them."""
    meant = np.searchsorted(limit, world.care_need[0], side="right") - 1
    has = (rng.random(len(meant)) < 0.7) & (meant > NONE) & (world.age[0] >= 18)
    return np.where(has, np.minimum(meant, RESIDENTIAL), NONE)


def _break_factor(county: County, months: Months, month: int) -> float:
    inside = np.datetime64("2020-03-01") <= months.starts[month] <= np.datetime64(county.pandemic.until)
    return county.pandemic.home_care_entry if inside else 1.0
