"""Drawn futures of a chain: today's clients and the arrivals of each day move stage by stage, person by person.

Every person is counted wherever they go, so in every drawn future, and therefore in the mean of all,
stock(t+1) = stock(t) + arrivals − departures at every stage.  A person's chances are a fixed function of the seed, the
person and the visit, so two runs with different staffing differ by the staffing alone (common random numbers).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import poisson

from models.flow.moves.arrivals import ArrivalForecast
from models.flow.moves.hazards import LONGEST, Hazards

WEEK = 7
NEVER = 2**30
GONE = -1
USES = 3
"""Chances that one visit needs: when to leave, where to, and the part of the day of its beginning."""
MOST_PEOPLE = 1_500_000
"""People drawn in all futures together; a larger chain draws fewer futures (at least FEWEST_SAMPLES)."""
FEWEST_SAMPLES = 50


@dataclass(frozen=True)
class Present:
    """Who is in the chain on the first midnight: each person's row of the hazards, and the whole days there."""

    stage: np.ndarray
    days: np.ndarray


@dataclass(frozen=True)
class Queue:
    """A stage that serves first come, first served: at most `per_week` clients.

    Whoever waits for nobody takes `days` days on average (exponential); so few clients cannot use all of the staff.
    """

    per_week: np.ndarray
    days: float = 0.0


@dataclass(frozen=True)
class Help:
    """Clients a week who are done besides the others: the longest waiting of those there for over `after_days`."""

    per_week: float
    after_days: float = 0.0


@dataclass(frozen=True)
class Futures:
    """Counts [samples × stages × weeks] of a chain; `start` are the clients of each stage on the first midnight."""

    stages: tuple[str, ...]
    start: np.ndarray
    arrivals: np.ndarray
    departures: np.ndarray

    @property
    def stock_end(self) -> np.ndarray:
        """Clients at each week's end [samples × stages × weeks]."""
        return self.start[None, :, None] + np.cumsum(self.arrivals - self.departures, axis=2)


@dataclass
class _People:
    """Everybody of every future; those not yet arrived have no stage."""

    sample: np.ndarray
    stage: np.ndarray
    entered: np.ndarray
    leaves: np.ndarray
    ready: np.ndarray
    """In a queue: the first day on which the person can be done."""
    visit: np.ndarray


def draw_futures(
    present: Present,
    arrivals: Mapping[str, ArrivalForecast],
    weekdays: np.ndarray,
    hazards: Hazards,
    queues: Mapping[str, Queue],
    weeks: int,
    samples: int,
    seed: int,
    helped: Mapping[str, Help] | None = None,
) -> Futures:
    """Draw `samples` futures of `weeks` weeks.  `weekdays` are the shares of arrivals per weekday, Monday first."""
    expected = len(present.stage) + sum(float(one.mean[:weeks].sum()) for one in arrivals.values())
    samples = max(FEWEST_SAMPLES, min(samples, int(MOST_PEOPLE / max(expected, 1.0))))
    rng = np.random.default_rng(seed)
    days = _arrival_days(hazards, arrivals, weekdays, weeks, samples, rng)
    people, starts = _everybody(present, days, samples)
    run = _Run(hazards, queues, people, weeks, samples, seed, helped or {})
    for day in range(weeks * WEEK):
        run.step(day, starts[day], starts[day + 1])
    came, went = _by_stage(hazards, run.came), _by_stage(hazards, run.went)
    return Futures(hazards.stages, hazards.clients(present.stage), came, went)


def _by_stage(hazards: Hazards, counts: np.ndarray) -> np.ndarray:
    """Counts per row as counts per stage."""
    return np.stack([counts[:, hazards.rows_of(stage)].sum(axis=1) for stage in hazards.stages], axis=1)


def _arrival_days(
    hazards: Hazards,
    arrivals: Mapping[str, ArrivalForecast],
    weekdays: np.ndarray,
    weeks: int,
    samples: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Arrivals [days × samples × rows]."""
    counts = np.stack([arrivals[stage].draw(samples, rng)[:, :weeks] for stage in hazards.stages], axis=2)
    daily = rng.multinomial(counts, weekdays)  # samples × weeks × stages × weekday
    daily = daily.transpose(1, 3, 0, 2).reshape(weeks * WEEK, samples, len(hazards.stages))
    found = np.zeros((weeks * WEEK, samples, len(hazards.leave)), daily.dtype)
    for place, stage in enumerate(hazards.stages):
        rows = hazards.rows_of(stage)
        alone = len(rows) == 1
        found[:, :, rows] = (
            daily[:, :, [place]] if alone else rng.multinomial(daily[:, :, place], hazards.entry_of(stage))
        )
    return found


def _everybody(present: Present, days: np.ndarray, samples: int) -> tuple[_People, np.ndarray]:
    """The people in order of arrival, and the place of each day's first one."""
    now = len(present.stage)
    per_day = days.reshape(len(days), -1)
    total = now * samples + int(per_day.sum())
    cell = np.concatenate([np.repeat(np.arange(per_day.shape[1]), one) for one in per_day])
    sample, stage = np.divmod(cell, days.shape[2])
    people = _People(
        sample=np.concatenate([np.repeat(np.arange(samples), now), sample]).astype(np.int32),
        stage=np.concatenate([np.tile(present.stage, samples), stage]).astype(np.int8),
        entered=np.concatenate([np.tile(-present.days, samples), np.zeros(len(sample), int)]).astype(np.int32),
        leaves=np.full(total, NEVER, np.int32),
        ready=np.zeros(total, np.int32),
        visit=np.zeros(total, np.int32),
    )
    starts = now * samples + np.concatenate([[0], np.cumsum(per_day.sum(axis=1))])
    return people, starts


class _Run:
    """One walk through the days."""

    def __init__(
        self,
        hazards: Hazards,
        queues: Mapping[str, Queue],
        people: _People,
        weeks: int,
        samples: int,
        seed: int,
        helped: Mapping[str, Help],
    ) -> None:
        self.hazards, self.people, self.seed, self.samples = hazards, people, seed, samples
        self.rows = len(hazards.leave)
        self.queues = {int(hazards.rows_of(name)[0]): queue for name, queue in queues.items()}  # a line is one row
        self.is_queue = np.isin(np.arange(self.rows), list(self.queues))
        self.work_days = np.array(
            [self.queues[place].days if queue else 0.0 for place, queue in enumerate(self.is_queue)]
        )
        self.managed = {place: self._managed(place, queue, weeks) for place, queue in self.queues.items()}
        self.helped = {hazards.stages.index(name): one for name, one in helped.items()}
        self.past = hazards.exposure_free
        self.goals = np.cumsum(hazards.goes, axis=2)
        self.came = np.zeros((samples, self.rows, weeks), np.int32)
        self.went = np.zeros_like(self.came)
        self.here = 0

    def step(self, day: int, first: int, last: int) -> None:
        """One day: arrivals, those whose day it is, and the queues; several stages may be passed in a day."""
        if day == 0:
            self._plan(np.arange(first))
        arriving = np.arange(first, last)
        self.people.entered[arriving] = day
        self.here = last
        self._count(self.came, arriving, day)
        self._plan(arriving)
        self._move_all(day)
        for place in self.queues:
            self._move(self._served(place, day), day)
        for place in self.helped:
            self._move(self._given_help(place, day), day)
        self._move_all(day)

    def _move_all(self, day: int) -> None:
        for _ in range(self.rows):
            due = np.flatnonzero(self.people.leaves[: self.here] <= day)
            if not len(due):
                return
            self._move(due, day)

    def _move(self, due: np.ndarray, day: int) -> None:
        people, last = self.people, self.rows
        self._count(self.went, due, day)
        age = np.minimum(day - people.entered[due], LONGEST - 1)
        chance = self._chance(due, 1)[:, None]
        goal = (chance >= self.goals[people.stage[due], age]).sum(axis=1)
        people.stage[due] = np.where(goal >= last, GONE, goal)
        people.entered[due], people.leaves[due] = day, NEVER
        people.visit[due] += 1
        stayed = due[goal < last]
        self._count(self.came, stayed, day)
        self._plan(stayed)

    def _plan(self, who: np.ndarray) -> None:
        """The day on which each leaves; in a queue nobody knows yet."""
        stage, age = self.people.stage[who].astype(int), -self.people.entered[who]
        age = np.where(self.people.entered[who] < 0, age, 0)
        waited = np.minimum(age, LONGEST - 1)
        goal = self.past[stage, waited] - np.log(np.maximum(self._chance(who, 0), 1e-300))
        days = np.empty(len(who), np.int64)
        for place in range(len(self.past)):
            rows = np.flatnonzero(stage == place)
            days[rows] = self._day(place, goal[rows])
        days = np.maximum(days, waited) - waited + age
        leaves = np.minimum(self.people.entered[who] + days, NEVER)
        queued = self.is_queue[stage]
        self.people.leaves[who] = np.where(queued, NEVER, leaves)
        self._set_ready(who[queued], stage[queued])

    def _set_ready(self, who: np.ndarray, stage: np.ndarray) -> None:
        """The day on which each could be done if nobody were before them; for those there already, from today on."""
        part_of_day = self._chance(who, 2)
        work = -np.log(self._chance(who, 0)) * self.work_days[stage]
        self.people.ready[who] = np.maximum(self.people.entered[who], 0) + np.floor(part_of_day + work).astype(np.int32)

    def _day(self, place: int, goal: np.ndarray) -> np.ndarray:
        """The first day in the stage by which the summed risk reaches `goal`."""
        past = self.past[place]
        inside = np.searchsorted(past[1:], goal, side="left")
        beyond = np.ceil((goal - past[-1]) / max(past[-1] - past[-2], 1e-12)).clip(0, NEVER // 4)
        return np.where(inside < LONGEST, inside, LONGEST - 1 + beyond).astype(np.int64)

    def _served(self, place: int, day: int) -> np.ndarray:
        """Who is served today: in each future the first ones of the line, as many as the staff manages."""
        people = self.people
        line = np.flatnonzero((people.stage[: self.here] == place) & (people.ready[: self.here] <= day))
        return self._first_ones(line, self.managed[place][day])

    def _given_help(self, place: int, day: int) -> np.ndarray:
        """Who is done today because of more hours: the longest waiting of those who could have been done before."""
        people, help_ = self.people, self.helped[place]
        waits = day - people.entered[: self.here] > help_.after_days
        here = np.isin(people.stage[: self.here], self.hazards.rows_of(self.hazards.stages[place]))
        line = np.flatnonzero(here & waits)
        chance = _uniform(self.seed + 11, np.arange(self.samples), day * 64 + place)
        return self._first_ones(line, poisson.ppf(chance, help_.per_week / WEEK))

    def _first_ones(self, line: np.ndarray, most: np.ndarray) -> np.ndarray:
        """Of those in line the first `most[sample]` of each future."""
        sample = self.people.sample[line]
        order = np.lexsort((line, self.people.entered[line], sample))
        ordered = sample[order]
        rank = np.arange(len(line)) - np.searchsorted(ordered, ordered, side="left")
        return line[order][rank < most[ordered]]

    def _managed(self, place: int, queue: Queue, weeks: int) -> np.ndarray:
        """Clients that the staff of a queue manages [days × samples]: Poisson around the staffed rate."""
        days = np.arange(weeks * WEEK)
        rate = queue.per_week[np.minimum(days // WEEK, len(queue.per_week) - 1)] / WEEK
        chance = _uniform(self.seed + 7, np.arange(self.samples)[None, :], (days * 64 + place)[:, None])
        return np.asarray(poisson.ppf(chance, rate[:, None]))

    def _count(self, table: np.ndarray, who: np.ndarray, day: int) -> None:
        stages = table.shape[1]
        cell = self.people.sample[who].astype(np.int64) * stages + self.people.stage[who]
        table[:, :, day // WEEK] += np.bincount(cell, minlength=self.samples * stages).reshape(-1, stages)

    def _chance(self, who: np.ndarray, use: int) -> np.ndarray:
        return _uniform(self.seed, who, self.people.visit[who].astype(np.int64) * USES + use)


def _uniform(seed: int, who: np.ndarray, turn: np.ndarray | int) -> np.ndarray:
    """Uniform numbers in (0, 1) that depend on seed, person and turn alone (SplitMix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        x = who.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.asarray(turn).astype(np.uint64) * np.uint64(
            0xD1B54A32D192ED03
        )
        x = x + np.uint64(seed) * np.uint64(0x8CB92BA72F3D8DD7)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
        x = x ^ (x >> np.uint64(31))
    return (x >> np.uint64(11)).astype(np.float64) / 2.0**53 + 2.0**-54
