"""Who is tied to whom: named professionals, care relationships of units, informal carers."""

import numpy as np
import pandas as pd

from features.simulator.events.contacts import POOL
from features.simulator.residents.lasting import runs
from features.simulator.residents.months import Months
from features.simulator.residents.people import ADULT, Residents
from features.simulator.residents.world import World
from features.simulator.settings import County

NAMED = {
    "named_doctor": ("terveysasema", "physician"),
    "named_nurse": ("terveysasema", "nurse"),
    "own_worker": ("asiakasohjaus", "social_worker"),
}
DISABILITY_AGE = 65
CARER_AGE = 45


def professional_ties(
    county: County, people: Residents, months: Months, world: World, states: dict[str, np.ndarray]
) -> pd.DataFrame:
    """Named professionals: the one whom the client usually meets anyway."""
    rng = np.random.default_rng([county.seed, 20])
    frames = []
    for role, (unit, profession) in NAMED.items():
        spans = runs(states[role], months, people, world, rng)
        person = spans["person"].to_numpy()
        place = _towns(county, people, person) if unit == "terveysasema" else _areas(county, people, person)
        other = [f"{unit}_{where}.{profession}.{who * 7 % POOL}" for where, who in zip(place, person, strict=True)]
        frames.append(spans.assign(role=role, other_id=np.array(other, dtype=object)))
    return pd.concat(frames, ignore_index=True)


def unit_ties(
    county: County, people: Residents, months: Months, world: World, states: dict[str, np.ndarray]
) -> pd.DataFrame:
    """Care relationships with the client guidance of the area: the access rule of the service reads these."""
    rng = np.random.default_rng([county.seed, 21])
    spans = runs(states["care_relationship"], months, people, world, rng)
    person = spans["person"].to_numpy()
    age = people.age(np.datetime64(county.end, "D"))[person]
    in_care = world.level.max(axis=0)[person] > 0
    task = np.select([age >= DISABILITY_AGE, in_care], ["older_people", "disability"], "working_age")
    task[person == ADULT] = "older_people"
    unit = np.char.add("asiakasohjaus_", _areas(county, people, person))
    return spans.assign(other_id=unit.astype(object), service_task=task.astype(object))


def carer_ties(
    county: County, people: Residents, months: Months, world: World, states: dict[str, np.ndarray]
) -> pd.DataFrame:
    """Informal carers with an agreement: one row for each end of the tie."""
    rng = np.random.default_rng([county.seed, 22])
    on = states["informal_care_support"] | (world.carer & (world.level > 0))
    spans = runs(on, months, people, world, rng)
    carer = _carers(county, people, spans["person"].to_numpy(), rng)
    alive_to = np.minimum(people.to_day, world.death_day)[carer]
    spans["end"] = np.minimum(spans["end"], alive_to)
    fits = (carer >= 0) & (spans["start"] < spans["end"]) & (people.from_day[carer] <= spans["start"])
    spans, carer = spans[fits], carer[fits]
    cared = spans.assign(other=carer, role="informal_carer")
    back = spans.assign(other=spans["person"].to_numpy(), person=carer, role="cared_for")
    return pd.concat([cared, back], ignore_index=True)


def _carers(county: County, people: Residents, cared: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Somebody of at least 45 years in the same municipality; always the same one for the same person."""
    age = people.age(np.datetime64(county.start, "D"))
    result = np.full(len(cared), -1)
    for town in range(len(county.municipalities)):
        pool = np.flatnonzero((people.town == town) & (age >= CARER_AGE) & (people.from_day == 0))
        here = people.town[cared] == town
        if len(pool) > 1:
            pick = pool[(cared[here] * 31 + 7) % len(pool)]
            result[here] = np.where(pick == cared[here], pool[(cared[here] * 31 + 8) % len(pool)], pick)
    return result


def _towns(county: County, people: Residents, person: np.ndarray) -> np.ndarray:
    return np.array([town.code for town in county.municipalities])[people.town[person]]


def _areas(county: County, people: Residents, person: np.ndarray) -> np.ndarray:
    return np.array(county.areas)[people.area[person]]
