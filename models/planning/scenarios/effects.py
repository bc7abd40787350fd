"""The changes of a scenario as effects on part values."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from configs.errors import ConfigError
from configs.phrases import Phrase
from models.planning.ages import Ages, growth_by_age, plain_factor
from models.planning.base import AREA
from models.planning.scenarios import words
from models.planning.scenarios.config import ChannelShift, EarlySupport, PopulationChange, Scenario, SupplyChange
from models.planning.scenarios.ground import Effect, Ground, Moved, Pick, arrives, between, check, in_force


def effects_of(scenario: Scenario, ground: Ground) -> tuple[Effect, ...]:
    """Every change, in the order in which they act.  Raises ConfigError for a change that the forecast cannot carry."""
    found = [_population(scenario, ground)] if scenario.population else []
    moving = [(row, one) for row, one in enumerate(scenario.supply) if one.kind != "staffed_hours"]
    found += [_supply(one, ground, f"supply.{row}") for row, one in moving]
    found += [_early(one, ground, f"early_support.{row}") for row, one in enumerate(scenario.early_support)]
    found += [_channel(one, ground, f"channel_shift.{row}") for row, one in enumerate(scenario.channel_shift)]
    return tuple(found)


def _population(scenario: Scenario, ground: Ground) -> Effect:
    changes = scenario.population
    for row, one in enumerate(changes):
        check({AREA: one.areas} if one.areas else {}, ground.base, f"population.{row}")
        if ground.structure is not None:
            ground.structure.check(Ages.of(one.ages))

    def act(values: np.ndarray, pick: Pick) -> Moved:
        factors = np.ones_like(values)
        grown = [_grown(one, scenario.base_year, ground, pick) for one in changes]
        alike: dict[tuple[str, str], np.ndarray] = {}
        for row in np.flatnonzero(ground.scope).tolist():
            key = ground.area(row), ground.age(row)
            if key not in alike:
                alike[key] = _factor(changes, grown, ground, row)
            factors[row] = alike[key]
        return Moved(values * (factors if ground.rerun is None else _rerun(factors, ground)))

    uncertain = tuple(tuple(one.growth.values()) for one in changes if one.growth)
    basis = ground.structure.basis if ground.structure is not None else words.NO_AGES
    return Effect(words.POPULATION, uncertain, act, (basis, *([words.RERUN] if ground.rerun else [])))


def _grown(one: PopulationChange, year: int, ground: Ground, pick: Pick) -> np.ndarray:
    """float64[date, age]: what one change says of every age."""
    return growth_by_age(_years(one, ground, pick), year, ground.parts.dates, Ages.of(one.ages))


def _factor(changes: Sequence[PopulationChange], grown: Sequence[np.ndarray], ground: Ground, row: int) -> np.ndarray:
    """float64[date]: how the demand of a part changes with the people of its area and ages."""
    area, ages = ground.area(row), Ages.of(ground.age(row))
    here = [growth for one, growth in zip(changes, grown, strict=True) if not one.areas or area in one.areas]
    if not here:
        return np.ones(len(ground.parts.dates))
    growth = np.sum(here, axis=0)
    if ground.structure is None:
        return plain_factor(ages, growth, ground.parts.ids[row])
    return ground.structure.factor(area, ages, growth)


def _years(one: PopulationChange, ground: Ground, pick: Pick) -> dict[int, float]:
    if one.growth:
        return {year: pick(estimate) for year, estimate in one.growth.items()}
    if ground.structure is None:
        english = "`persons` needs the population by age (table `population`). Write `growth` instead."
        raise ConfigError(Phrase(english, "persons_need_population"))
    areas = one.areas or ground.base.dimensions[AREA]
    now = ground.structure.count(areas, Ages.of(one.ages))
    if now <= 0:
        english = f"The population table has nobody of the ages {one.ages}. Write `growth` instead."
        raise ConfigError(Phrase(english, "nobody_of_ages", ages=one.ages))
    return {year: count / now - 1 for year, count in one.persons.items()}


def _rerun(factors: np.ndarray, ground: Ground) -> np.ndarray:
    """What the forecasting member makes of the population's change, on the parts in scope."""
    assert ground.rerun is not None
    parts, dates = ground.parts.ids, ground.parts.dates
    rows = [(part, when, factors[i, j]) for i, part in enumerate(parts) for j, when in enumerate(dates)]
    answer = ground.rerun(pd.DataFrame(rows, columns=["unique_id", "ds", "factor"]))
    table = answer.pivot(index="unique_id", columns="ds", values="factor").reindex(index=list(parts), columns=dates)
    return np.where(ground.scope[:, None], table.fillna(1.0).to_numpy(float), 1.0)


def _supply(one: SupplyChange, ground: Ground, where: str) -> Effect:
    closing = one.kind == "closing"
    sources = ground.chosen(one.unit if closing else one.other, f"{where}.{'unit' if closing else 'other'}")
    to, key = (one.other, "other") if closing else (one.unit, "unit")
    routes = ground.destinations(sources, to, f"{where}.{key}")
    active = between(ground.parts.dates, one.starts, one.ends)

    def act(values: np.ndarray, pick: Pick) -> Moved:
        leaving = np.where(sources[:, None], values, 0.0) * active * (1.0 if closing else pick(one.share))
        arriving = routes @ leaving * (pick(one.share) if closing else 1.0)
        stays = leaving * (1 - arrives(routes) * (pick(one.share) if closing else 1.0))[:, None]
        return Moved(values - leaving + arriving, stays)

    return Effect(words.CLOSING if closing else words.OPENING, ((one.share,),), act, outside="unmet")


def _early(one: EarlySupport, ground: Ground, where: str) -> Effect:
    heavy = ground.chosen(one.heavy, f"{where}.heavy")
    routes = ground.destinations(heavy, one.light, f"{where}.light")
    offered_at = in_force(ground.parts.dates, one.starts, one.ramp_weeks)
    relieved_at = in_force(ground.parts.dates, one.starts, one.ramp_weeks, one.delay_weeks)

    def act(values: np.ndarray, pick: Pick) -> Moved:
        share = np.where(heavy[:, None], values, 0.0) * pick(one.share)
        light = share * offered_at * one.light_per_heavy
        arriving = routes @ light
        relieved = share * relieved_at * pick(one.effectiveness)
        return Moved(values - relieved + arriving, light * (1 - arrives(routes))[:, None])

    return Effect(words.EARLY, ((one.share,), (one.effectiveness,)), act, (words.EARLY_ORDER,), "light")


def _channel(one: ChannelShift, ground: Ground, where: str) -> Effect:
    leaving = ground.chosen(one.moved_from, f"{where}.moved_from")
    routes = ground.destinations(leaving, one.moved_to, f"{where}.moved_to")
    active = in_force(ground.parts.dates, one.starts, one.ramp_weeks)
    limit = np.array([one.suitable.get(ground.age(row), one.suitable.get("all", 0.0)) for row in range(len(leaving))])
    _has_room(routes, leaving, where)

    def act(values: np.ndarray, pick: Pick) -> Moved:
        share = np.minimum(pick(one.share), limit) * leaving
        moved = values * share[:, None] * active
        back = moved * (1 - one.first_contact_resolution)
        return Moved(values - moved + back + routes @ moved)

    limited = bool((limit[leaving] < one.share.value).any())
    return Effect(words.CHANNEL, ((one.share,),), act, (words.LIMITED,) if limited else ())


def _has_room(routes: csr_matrix, leaving: np.ndarray, where: str) -> None:
    if not (arrives(routes)[leaving] > 0).all():
        english = f"`{where}.moved_to`: some series have no series in that channel to move to. Check the words."
        raise ConfigError(Phrase(english, "no_destination", where=f"{where}.moved_to"))
