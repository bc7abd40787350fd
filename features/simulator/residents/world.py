"""What is so: the states of every resident month by month.  Arrays are [month, person]; burn-in months included."""

from dataclasses import dataclass, fields
from statistics import NormalDist

import numpy as np

from features.simulator.residents.months import Months
from features.simulator.residents.people import Residents
from features.simulator.settings import County

NONE, LIGHT, REGULAR, INTENSIVE, RESIDENTIAL = range(5)
"""Levels of care; a move to a higher number is a move to heavier care."""


@dataclass(frozen=True)
class World:
    """The ground truth, float32 in standard deviations unless said otherwise."""

    age: np.ndarray
    function: np.ndarray
    """Functional capacity lost."""
    cognition: np.ndarray
    """Memory and reasoning lost; 0 before the onset of a memory disorder."""
    mental: np.ndarray
    social: np.ndarray
    instability: np.ndarray
    unobserved: np.ndarray
    carer: np.ndarray
    falls: np.ndarray
    wards: np.ndarray
    emergencies: np.ndarray
    care_need: np.ndarray
    level: np.ndarray
    """Level of care at the end of the month."""
    alive: np.ndarray
    death_day: np.ndarray
    """[person], beyond the last day when alive."""
    change_day: np.ndarray
    """Day of the month's change of level, counted from the origin."""
    diabetes: np.ndarray
    heart: np.ndarray
    substance: np.ndarray
    acute_habit: np.ndarray
    """[person], lasting tendency to fall ill suddenly, standard deviation 1."""
    memory_onset: np.ndarray
    """[person], month of onset; large when never."""

    @property
    def memory(self) -> np.ndarray:
        return self.cognition > 0


def empty_world(months: Months, n: int) -> World:
    """All states at zero; the monthly walk fills them."""
    kinds = {"level": np.int8, "falls": np.int8, "wards": np.int8, "emergencies": np.int8, "carer": bool, "alive": bool}
    people_kinds = {
        "death_day": np.int64,
        "diabetes": bool,
        "heart": bool,
        "substance": bool,
        "acute_habit": np.float32,
        "memory_onset": np.int64,
    }
    arrays = {}
    for field in fields(World):
        if field.name in people_kinds:
            arrays[field.name] = np.zeros(n, dtype=people_kinds[field.name])
        else:
            arrays[field.name] = np.zeros((months.count, n), dtype=kinds.get(field.name, np.float32))
    return World(**arrays)


def band_values(county: County, people: Residents, name: str) -> np.ndarray:
    """A rate of the age bands, per person."""
    return np.array([getattr(band, name) for band in county.people.ages], dtype=np.float64)[people.band]


def in_mental_need(county: County, people: Residents, world: World) -> np.ndarray:
    """[month, person]: would benefit from mental-health care; the share per age band is the configured one."""
    shares = band_values(county, people, "mental_need")
    limit = np.array([NormalDist().inv_cdf(1 - min(max(share, 1e-6), 1 - 1e-6)) for share in shares])
    return world.mental > limit


def recent(counts: np.ndarray, months: int) -> np.ndarray:
    """Sum over the last `months` months, the present one included."""
    total = np.cumsum(counts, axis=0, dtype=np.float32)
    result = total.copy()
    result[months:] -= total[:-months]
    return result
