"""From what happened to what the registers hold: whose register, with which delay, and what never got there."""

import numpy as np
import pandas as pd

from features.simulator.coded import coded
from features.simulator.residents.months import Months
from features.simulator.residents.people import Residents
from features.simulator.residents.world import World
from features.simulator.settings import County

HOSPITAL = "keskussairaala"
HOSPITAL_INSTANCE = 0
DAY = 86_400


def stamp(months: Months, day: np.ndarray, second: np.ndarray | int = 0) -> np.ndarray:
    """Days from the origin and seconds of the day → wall-clock times; a negative day → no time."""
    days = np.asarray(day, dtype=np.int64)
    times = (months.origin.astype("datetime64[s]").astype(np.int64) + days * DAY + second).astype("datetime64[s]")
    times[days < 0] = np.datetime64("NaT")
    return times


class Recorder:
    """Adds clocks, registers and gaps.  One per kind of row, so that each has its own stream of chance."""

    def __init__(self, county: County, people: Residents, months: Months, world: World, stream: int) -> None:
        self._people, self._months = people, months
        self._rng = np.random.default_rng([county.seed, 100 + stream])
        self._delay = np.array([county.instances[name].delay_days for name in ("a", "b")])
        self._late = np.array([county.instances[name].late_share for name in ("a", "b")])
        self._lost = np.array([county.instances[name].lost for name in ("a", "b")])
        self._orgs = np.array([*(town.legacy_org for town in county.municipalities), HOSPITAL], dtype=object)
        self.extract_time = stamp(months, np.array([months.days]))[0]

    def home(self, person: np.ndarray, hospital: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Recording instance and legacy organisation (as code) of each row."""
        at_hospital = np.zeros(len(person), dtype=bool) if hospital is None else hospital
        instance = np.where(at_hospital, HOSPITAL_INSTANCE, self._people.instance[person])
        return instance, np.where(at_hospital, len(self._orgs) - 1, self._people.town[person])

    def orgs(self, code: np.ndarray) -> pd.Categorical:
        """Legacy organisations from their codes."""
        names = list(dict.fromkeys(self._orgs))
        return coded(np.array([names.index(org) for org in self._orgs])[code], names)

    def clock(self, times: np.ndarray, instance: np.ndarray, factor: float = 1.0) -> np.ndarray:
        """When each time became known: soon as a rule, some only with the next month's batch; missing stays missing."""
        wait = self._rng.exponential(1.0, len(times)) * self._delay[instance] * factor * DAY + 60
        late = self._rng.random(len(times)) < self._late[instance]
        wait = np.where(late, wait + 20 * DAY, wait).astype(np.int64)
        return times + wait.astype("timedelta64[s]")

    def recorded_at_all(self, instance: np.ndarray) -> np.ndarray:
        """Some contacts are never recorded."""
        return self._rng.random(len(instance)) >= self._lost[instance]

    def moment_is_covered(self, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """After the register of the person's home became complete."""
        return day >= np.maximum(self._people.history_day, self._months.data_day)[person]

    def migrated(self, person: np.ndarray, start: np.ndarray, recorded: np.ndarray) -> np.ndarray:
        """What was open when a municipality joined became known in the first days after."""
        joined = self._people.history_day[person]
        moved = (start < joined) & (joined > self._months.data_day)
        first = stamp(self._months, joined, 8 * 3600 + self._rng.integers(0, 3 * DAY, len(person)))
        return np.where(moved, first, recorded)

    def ended(
        self, person: np.ndarray, end: np.ndarray, instance: np.ndarray, second: np.ndarray | int = 0
    ) -> tuple[np.ndarray, np.ndarray]:
        """End and its clock; what had not ended, or was not yet recorded, at the extract is empty."""
        times = stamp(self._months, np.where(end >= self._months.days, -1, end), second)
        clock = self.clock(times, instance)
        hidden = ~(clock < self.extract_time)
        times[hidden], clock[hidden] = np.datetime64("NaT"), np.datetime64("NaT")
        return times, clock

    def visible(self, recorded: np.ndarray) -> np.ndarray:
        """Recorded before the extract was made."""
        return recorded < self.extract_time

    def draw(self, n: int) -> np.ndarray:
        """Uniform numbers from this recorder's stream."""
        return self._rng.random(n)
