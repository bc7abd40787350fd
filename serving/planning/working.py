"""Planning answers from nothing but what they rest on, so that the desk and a replay compute the same.

What an answer rests on besides the model goes into its log entry: how many overrides were stored, the planning files'
checksum, the registers of the population, and the question itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import pandas as pd

from configs.errors import LuotainError
from configs.phrases import phrase_of
from models.planning.ages import AgeStructure
from models.planning.base import Base
from models.planning.scenarios.config import Scenario
from models.planning.staffing.plan import staff
from serving.pages.planner.services import WrongInput
from serving.planning.assumptions import changed, counted_contacts, tried_queues
from serving.planning.comparing import applied, compared_lines, periods_of
from serving.planning.ground import Ground, people_of
from serving.planning.kept.corrections import Stored, stored_of
from serving.planning.kept.records import Comparison, StaffingPicture
from serving.planning.live import LiveDemand

T = TypeVar("T")
Entries = tuple[Mapping[str, Any], ...]
Beside = Callable[[], Sequence["Basis"]]
"""The other live forecasts, asked for only where staffing lacks a measure."""


@dataclass(frozen=True)
class Basis:
    """One forecast and what planning reads beside it."""

    live: LiveDemand
    overrides: Entries
    ground: Ground
    population: pd.DataFrame | None

    @cached_property
    def stored(self) -> Stored:
        """The overrides and what they make of the forecast."""
        return stored_of(self.overrides, self.live.base)

    @cached_property
    def base(self) -> Base:
        """The forecast as planned with."""
        return self.stored.base(self.live.base)

    @cached_property
    def people(self) -> AgeStructure | None:
        """The population of the forecast's areas."""
        return people_of(self.population, self.live.areas)


def comparison(basis: Basis, series_id: str, scenarios: Sequence[Scenario]) -> Comparison:
    """Scenarios beside the base for one series."""
    live, base = basis.live, basis.base
    found = applied(scenarios, base, basis.ground, basis.people)
    first, lines = compared_lines(base, found.results, series_id)
    one = base.one(series_id)
    return Comparison(
        stamp=live.stamp,
        series_id=series_id,
        name=one.name,
        unit=one.unit,
        period=base.period,
        periods=periods_of(base, series_id),
        base=first,
        lines=lines,
        skipped=found.skipped,
        overridden=bool(basis.stored.corrected(series_id)),
        notice=live.notice,
    )


def staffing_picture(
    basis: Basis, changes: Mapping[str, float], scenario: Scenario | None, beside: Beside
) -> StaffingPicture:
    """People for a forecast, or for a scenario of it.  Raises WrongInput."""
    live, base = basis.live, basis.base
    config, table = accepted(lambda: changed(basis.ground.staffing, changes)), None
    if scenario is not None:
        found = applied([scenario], base, basis.ground, basis.people)
        if not found.results:
            raise WrongInput(found.skipped[0][2])
        table = found.results[0].table
    people = accepted(lambda: staff(base, config, table))
    name = scenario.name.as_text() if scenario is not None else None
    others = [(one.live.name, one.base) for one in beside()] if people.missing else []
    counted = counted_contacts(others, config, base.period)
    tried = accepted(lambda: tried_queues(config, people, changes, base.period, counted))
    return StaffingPicture(live.stamp, base.period, config, people, live.area_names, name, live.notice, tried)


def accepted(compute: Callable[[], T]) -> T:
    """What was computed; what the rules refuse is the asker's to correct."""
    try:
        return compute()
    except LuotainError as error:
        raise WrongInput(phrase_of(error), getattr(error, "faults", ())) from None
