"""What is truly so of every client and month: complexity, resources, and the drivers behind them.

A driver is a feature family whose true state moves the target.  The weights are in the county YAML; what no register
sees is added as slow noise, so that even a perfect learner stays below an AUROC of about .92.
"""

from dataclasses import dataclass

import numpy as np

from features.simulator.residents.months import Months
from features.simulator.residents.people import Residents
from features.simulator.residents.walk import driver_states
from features.simulator.residents.world import REGULAR, RESIDENTIAL, World, recent
from features.simulator.settings import County

YEAR = 12
MONTHS_OF_USE = 6
"""Months with a contact among twelve that make a client a long-term one (our choice)."""
TOP = 3


@dataclass(frozen=True)
class Truth:
    """[month, person] over all months; the driver codes point into `families`."""

    complexity: np.ndarray
    resources: np.ndarray
    complexity_high: np.ndarray
    resources_weak: np.ndarray
    long_term: np.ndarray
    whodas: np.ndarray
    life_satisfaction: np.ndarray
    sectors: np.ndarray
    families: dict[str, list[str]]
    top: dict[str, np.ndarray]
    """Per target [TOP, month, person]: the strongest drivers of that client and month, -1 where none is strong."""


def true_targets(
    county: County,
    people: Residents,
    months: Months,
    world: World,
    counts: dict[str, np.ndarray],
    states: dict[str, np.ndarray],
    monthly: dict[str, np.ndarray],
) -> Truth:
    """Build the two axes from their drivers.  `monthly` holds counts of missed, phone, digital … by month."""
    rng = np.random.default_rng([county.seed, 9])
    drivers, extra = _drivers(people, world, counts, states, monthly, rng)
    long_term = _long_term(world, states, monthly)
    axes = county.axes
    complexity, top_complexity = _score(county.drivers["complexity"], drivers, long_term, axes.complexity_noise, 1, rng)
    resources, top_resources = _score(county.drivers["resources"], drivers, long_term, axes.resources_noise, -1, rng)
    covered = long_term & (np.arange(months.count) >= months.data_month)[:, None]
    high_cut = np.quantile(complexity[covered], 1 - axes.high_complexity)
    weak_cut = np.quantile(resources[covered], axes.weak_resources)
    return Truth(
        complexity=complexity - np.float32(high_cut),
        resources=resources - np.float32(weak_cut),
        complexity_high=complexity > high_cut,
        resources_weak=resources < weak_cut,
        long_term=long_term,
        whodas=drivers["whodas"],
        life_satisfaction=drivers["life_satisfaction"],
        sectors=extra,
        families={name: list(county.drivers[name]) for name in county.drivers},
        top={
            "complexity": top_complexity,
            "resources": top_resources,
            "home_care_change": _care_drivers(county, world),
        },
    )


def _long_term(world: World, states: dict[str, np.ndarray], monthly: dict[str, np.ndarray]) -> np.ndarray:
    """Needs more than a single service: contacts in half of the months of a year, or a lasting service."""
    return (
        (recent(monthly["any"] > 0, YEAR) >= MONTHS_OF_USE)
        | (world.level > 0)
        | states["supported_housing"]
        | states["informal_care_support"]
    ) & world.alive


def _drivers(
    people: Residents,
    world: World,
    counts: dict[str, np.ndarray],
    states: dict[str, np.ndarray],
    monthly: dict[str, np.ndarray],
    rng: np.random.Generator,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The true state of every driver family, roughly in units of its spread, and the number of sectors used."""
    used = {name: recent(values, YEAR) for name, values in counts.items()}
    sectors = _sectors(used, world)
    own = rng.normal(0, 0.5, people.count).astype(np.float32)
    whodas = 0.45 * np.clip(world.function, -1.5, 3) + 0.4 * world.mental + 0.25 * world.social + own
    satisfaction = -0.5 * world.mental - 0.35 * world.social + 0.3 * world.carer + rng.normal(0, 0.45, people.count)
    values = {
        "memory_disorder": world.memory,
        "depression": world.mental > 1.3,
        "diabetes": np.broadcast_to(world.diabetes, world.age.shape),
        "heart_disease": np.broadcast_to(world.heart, world.age.shape),
        "fall_injury": np.minimum(recent(world.falls, YEAR), 3),
        "ward_stays": np.minimum(recent(world.wards, YEAR), 3),
        "emergency_contacts": np.log1p(used["emergency_visit"]),
        "concern_notifications": np.log1p(recent(monthly["concern"], YEAR)) * 1.5,
        "missed_contacts": np.log1p(recent(monthly["missed"], YEAR)),
        "social_work_contacts": np.log1p(used["adult_social_work"] + used["elderly_social_work"]) / 1.2,
        "distinct_services": sum((values > 0).astype(np.float32) for values in used.values()) / 2.0,
        "sectors_used": sectors,
        "symptom_reasons": np.log1p(recent(monthly["symptom"], YEAR)),
        "diagnoses_distinct": world.diabetes
        + world.heart * 1.0
        + world.memory
        + (world.mental > 1.3)
        + world.substance,
        "rai_cps": world.cognition,
        "rai_iadl": np.clip(world.function + 0.4 * world.cognition, -1.0, 3.0),
        "rai_drs": np.maximum(world.mental, 0),
        "rai_chess": world.instability,
        "rai_maple": np.clip(np.round(world.function + world.cognition), -1, 4),
        "housing_support": states["supported_housing"],
        "substance_care": np.minimum(used["substance_care"], 1),
        "income_support": np.log1p(used["income_support"]),
        "requests": np.log1p(recent(monthly["request"], YEAR)),
        "whodas": whodas,
        "life_satisfaction": satisfaction,
        "specialised_contacts": np.log1p(used["specialist_visit"]),
        "carer_relation": world.carer,
        "informal_care": states["informal_care_support"],
        "digital_contacts": np.log1p(recent(monthly["digital"], YEAR)),
        "phone_contacts": np.log1p(recent(monthly["phone"], YEAR)),
        "named_professional": states["named_nurse"] | states["own_worker"] | states["named_doctor"],
        "valid_client_plan": states["client_plan"],
        "home_care_minutes": np.where(world.level < RESIDENTIAL, world.level, 0) / 1.5,
        "home_care_visits": (world.level >= REGULAR) & (world.level < RESIDENTIAL),
        "residential_episode": world.level == RESIDENTIAL,
        "age": np.clip((world.age - 60) / 20, -1.5, 1.8),
        "contact_months": recent(monthly["any"] > 0, YEAR) / 4,
        "days_since_emergency": np.minimum(recent(1 - np.minimum(counts["emergency_visit"], 1), YEAR), YEAR) / 4,
    }
    return {name: np.asarray(value, dtype=np.float32) for name, value in values.items()}, sectors


def _sectors(used: dict[str, np.ndarray], world: World) -> np.ndarray:
    social = used["adult_social_work"] + used["elderly_social_work"] + used["income_support"] + used["substance_care"]
    primary = used["gp_visit"] + used["nurse_visit"] + used["mental_health"] + used["physiotherapy"]
    special = used["specialist_visit"] + used["emergency_visit"]
    return ((social > 0) | (world.level > 0)) + (primary > 0) * 1.0 + (special > 0)


def _score(
    weights: dict[str, float],
    drivers: dict[str, np.ndarray],
    long_term: np.ndarray,
    noise: float,
    sign: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Sum of the drivers around the long-term clients' mean, plus slow noise; and the strongest drivers.

    A strong driver pushes towards the client's need: up on complexity (`sign` 1), down on resources (`sign` -1).
    """
    shape = long_term.shape
    score = _slow_noise(shape, noise, rng)
    best = np.full((TOP, *shape), 0.35, dtype=np.float32)
    codes = np.full((TOP, *shape), -1, dtype=np.int8)
    for code, (family, weight) in enumerate(weights.items()):
        values = drivers[family]
        push = np.float32(weight) * (values - values[long_term].mean())
        score += push
        _keep_top(best, codes, push * sign, code)
    return score, codes


def _keep_top(best: np.ndarray, codes: np.ndarray, push: np.ndarray, code: int) -> None:
    """Insert one driver into the running top list (largest first)."""
    carried, carried_code = push.copy(), np.full(push.shape, code, dtype=np.int8)
    for place in range(TOP):
        better = carried > best[place]
        best[place], carried = np.where(better, carried, best[place]), np.where(better, best[place], carried)
        codes[place], carried_code = (
            np.where(better, carried_code, codes[place]),
            np.where(better, codes[place], carried_code),
        )


def _slow_noise(shape: tuple[int, ...], spread: float, rng: np.random.Generator) -> np.ndarray:
    memory = 0.97
    result = np.empty(shape, dtype=np.float32)
    result[0] = rng.normal(0, spread, shape[1])
    for month in range(1, shape[0]):
        result[month] = memory * result[month - 1] + np.sqrt(1 - memory**2) * rng.normal(0, spread, shape[1])
    return result


def _care_drivers(county: County, world: World) -> np.ndarray:
    """The strongest drivers of the need of care, against the mean of those who get home care."""
    weights = county.drivers["home_care_change"]
    codes = np.full((TOP, *world.age.shape), -1, dtype=np.int8)
    best = np.full((TOP, *world.age.shape), 0.25, dtype=np.float32)
    families = list(weights)
    means = _care_means(world, families)
    for month in range(world.age.shape[0]):
        for family, state in driver_states(world, month).items():
            if family in weights:
                push = (weights[family] * (state - means[family])).astype(np.float32)
                _keep_top(best[:, month], codes[:, month], push, families.index(family))
    return codes


def _care_means(world: World, families: list[str]) -> dict[str, float]:
    middle = world.age.shape[0] // 2
    clients = (world.level[middle] > 0) & (world.level[middle] < RESIDENTIAL)
    states = driver_states(world, middle)
    return {family: float(states[family][clients].mean()) if clients.any() else 0.0 for family in states}
