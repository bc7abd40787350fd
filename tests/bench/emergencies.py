"""Did the hold-out year of `need_frequent_emergency_12m` come as it had to?  Only a simulated county can tell.

`python -m tests.bench.emergencies`: for each date of the demo county, how many adults with at most three emergency
visits in the year before had four or more in the year after, beside how many the county's own chances make likely (each
month's visits are drawn from a Poisson distribution whose rate the simulator knows).  No model is asked.
"""

import json
from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

from configs.command import say
from features.simulator.load import load_county
from features.simulator.residents.months import build_months
from features.simulator.residents.people import make_residents
from features.simulator.residents.walk import walk
from features.simulator.residents.world import World
from features.simulator.settings import County

COUNTY = "configs/county/demo.yaml"
MONTHS, VISITS, AGE = 12, 4, 18
DATES = {"2022-07-01": 18, "2022-10-01": 21, "2023-01-01": 24, "2023-04-01": 27, "2023-07-01": 30} | {
    "2023-10-01": 33,
    "2024-01-01": 36,
}
"""Month from 2021-01-01 on: the first two are trained on, the last two are the hold-out."""
WEST = "lansirannikko"


@dataclass(frozen=True)
class Came:
    """One date and one group of people."""

    people: int
    came: int
    likely: float
    error: float
    """Standard deviation of how many come, given the chances."""


def rates(county: County, world: World) -> np.ndarray:
    """Months x people: the rate from which the month's visits were drawn, as features/simulator/residents/walk.py."""
    latent = county.latent
    before = np.maximum(np.arange(len(world.emergencies)) - 1, 0)
    return np.asarray(
        latent.emergency_rate
        * np.exp(
            0.22 * np.clip(world.function[before], -2.5, 3)
            + 0.35 * world.instability
            + 0.25 * world.mental
            + 0.22 * world.social
            + 0.9 * np.minimum(world.falls, 1)
            + 0.6 * world.wards
            + 0.4 * world.substance
            + latent.emergency_habit * world.acute_habit
        )
    )


def came(world: World, rate: np.ndarray, month: int, people: np.ndarray) -> Came:
    """The cohort of the task at the beginning of a month, among `people`."""
    year, ahead = slice(month - MONTHS, month), slice(month, month + MONTHS)
    cohort = people & world.alive[month] & (world.age[month] >= AGE)
    cohort &= world.emergencies[year].sum(axis=0) < VISITS
    alive = world.alive[ahead]
    chance = poisson.sf(VISITS - 1, (rate[ahead] * alive).sum(axis=0)[cohort])
    visits = (world.emergencies[ahead] * alive).sum(axis=0)[cohort]
    error = float(np.sqrt((chance * (1 - chance)).sum()))
    return Came(int(cohort.sum()), int((visits >= VISITS).sum()), float(chance.sum()), error)


def main() -> int:
    county = load_county(COUNTY)
    months = build_months(county)
    people = make_residents(county, months)
    world = walk(county, people, months)
    rate, first = rates(county, world), len(world.emergencies) - 48
    west = np.array([county.municipalities[town].legacy_org == WEST for town in people.town])
    groups = {"everybody": np.ones(len(west), bool), WEST: west}
    figures: dict[str, dict[str, float]] = {}
    say(f"{'date':<12}{'group':<16}{'people':>8}{'came':>6}{'likely':>8}{'sd':>6}{'came / likely':>15}")
    for day, month in DATES.items():
        for name, chosen in groups.items():
            one = came(world, rate, first + month, chosen)
            ratio = one.came / one.likely
            say(f"{day:<12}{name:<16}{one.people:>8}{one.came:>6}{one.likely:>8.1f}{one.error:>6.1f}{ratio:>15.2f}")
            figures[f"{day} {name}"] = {"came": one.came, "likely": round(one.likely, 1), "sd": round(one.error, 1)}
    say(json.dumps({"emergencies": figures}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
