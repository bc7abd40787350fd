"""States that come and go by the month (housing support, informal-care support, plans, named professionals)."""

import numpy as np
import pandas as pd

from features.simulator.residents.activity import INCOME_LIMIT
from features.simulator.residents.months import Months
from features.simulator.residents.people import ADULT, Residents
from features.simulator.residents.walk import thresholds
from features.simulator.residents.world import LIGHT, RESIDENTIAL, World, recent
from features.simulator.settings import County


def two_states(enter: np.ndarray, leave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """[month, person]: on or off, from the monthly chances to enter and to leave."""
    on = np.zeros(enter.shape, dtype=bool)
    for month in range(1, len(enter)):
        u = rng.random(enter.shape[1])
        on[month] = np.where(on[month - 1], u >= leave[month], u < enter[month])
    return on


def runs(on: np.ndarray, months: Months, people: Residents, world: World, rng: np.random.Generator) -> pd.DataFrame:
    """Spans of a state in days; an open one ends beyond the last day; death and moving away end everything."""
    states = np.vstack([on, np.zeros((1, on.shape[1]), dtype=bool)]).T
    change = np.diff(np.hstack([np.zeros((len(states), 1), dtype=bool), states]).astype(np.int8), axis=1)
    person, first = np.nonzero(change == 1)
    _, after = np.nonzero(change == -1)
    start = months.first_day[first] + rng.integers(0, 28, len(person))
    end = np.where(
        after < months.count,
        months.first_day[np.minimum(after, months.count - 1)] + rng.integers(0, 28, len(person)),
        months.days + 1,
    )
    end = np.minimum(end, np.minimum(people.to_day, world.death_day)[person])
    keep = (start < end) & (start >= people.from_day[person])
    return pd.DataFrame({"person": person[keep], "start": start[keep], "end": end[keep]})


def lasting_states(
    county: County, people: Residents, months: Months, world: World, counts: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Every monthly on/off state, by name, as [month, person]."""
    rng = np.random.default_rng([county.seed, 8])
    social = recent(counts["adult_social_work"] + counts["elderly_social_work"], 6) > 1
    health = recent(counts["gp_visit"] + counts["nurse_visit"] + counts["specialist_visit"], 12) > 3
    in_care = world.level > 0
    adult = (world.age >= 18) & (world.age < 65)
    troubled = adult & (world.mental + world.social > 2.9)
    strained = world.carer & (world.care_need > thresholds(county)[LIGHT] - 1.0) & (world.level < RESIDENTIAL)
    official = np.arange(people.count) == ADULT
    supply = people.supply
    chances = {
        "supported_housing": (0.035 * troubled * supply, np.where(troubled, 0.01, 0.06)),
        "informal_care_support": (0.025 * strained * supply, np.where(strained, 0.008, 0.5)),
        "care_plan": (0.045 * health * supply + 0.08 * in_care, np.full(world.age.shape, 0.07)),
        "client_plan": (0.07 * social * supply + 0.10 * in_care + 0.3 * official, np.full(world.age.shape, 0.07)),
        "named_doctor": (0.02 * health * supply, np.full(world.age.shape, 0.012)),
        "named_nurse": (0.03 * (health | in_care) * supply, np.full(world.age.shape, 0.010)),
        "own_worker": (0.10 * social * supply + 0.4 * official, np.full(world.age.shape, 0.025)),
        "care_relationship": (0.55 * (social | in_care) + 1.0 * official, np.where(social | in_care, 0.0, 0.04)),
        "income": (0.0 * social, np.where(world.social > INCOME_LIMIT, 0.0, 1.0)),
    }
    return {name: two_states(enter, leave, rng) for name, (enter, leave) in chances.items() if name != "income"}
