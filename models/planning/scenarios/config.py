"""What a scenario says: changes of population, early support, channels and supply.  YAML, JSON or a sheet."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from configs.loader import StrictConfig, load_config, validate_config
from configs.phrases import Phrase
from models.texts import Texts

Dimensions = dict[str, tuple[str, ...]]
"""Dimension → the values chosen, e.g. {area: ["901"], age_group: [75plus]}; an unnamed dimension means all."""


class Estimate(StrictConfig):
    """A number that may be uncertain: `low` and `high` are read as the ends of an 80 % interval."""

    value: float
    low: float
    high: float

    @model_validator(mode="after")
    def _ordered(self) -> "Estimate":
        if not self.low <= self.value <= self.high:
            english = f"`low` ≤ `value` ≤ `high` is needed, got {self.low:g}, {self.value:g}, {self.high:g}"
            raise ValueError(Phrase(english, "estimate_order"))
        return self

    @property
    def is_uncertain(self) -> bool:
        """True when the interval is wider than a point."""
        return self.high > self.low


def _estimate(given: Any) -> Any:
    plain = isinstance(given, int | float) and not isinstance(given, bool)
    return {"value": float(given), "low": float(given), "high": float(given)} if plain else given


def _shares(given: "Estimate") -> "Estimate":
    if not (given.low >= 0 and given.high <= 1):
        english = f"a share lies between 0 and 1, got {given.low:g} … {given.high:g}; write 0.15 for 15 %"
        raise ValueError(Phrase(english, "share"))
    return given


Number = Annotated[Estimate, BeforeValidator(_estimate)]
"""`0.1`, or `{value: 0.1, low: 0.05, high: 0.2}`."""


class _Change(StrictConfig):
    """What every change has: a note of where its numbers come from."""

    source: str = "own assumption"


class PopulationChange(_Change):
    """People of some ages, against `base_year`: `growth` 0.06 = 6 % more, or `persons`; by year, at mid-year."""

    areas: tuple[str, ...] = ()
    ages: str = Field(default="all", pattern=r"^(all|total|under\d+|\d+plus|\d+to\d+)$")
    growth: dict[int, Number] = {}
    persons: dict[int, float] = {}

    @model_validator(mode="after")
    def _one_kind(self) -> "PopulationChange":
        if bool(self.growth) == bool(self.persons):
            english = "give either `growth` or `persons`, by year, e.g. `growth: {2027: 0.06}`"
            raise ValueError(Phrase(english, "growth_or_persons"))
        if any(one.low < -1 for one in self.growth.values()) or any(count < 0 for count in self.persons.values()):
            english = "people cannot become fewer than none: `growth` is at least -1 and `persons` at least 0"
            raise ValueError(Phrase(english, "people_least"))
        return self


class EarlySupport(_Change):
    """Some of a heavy service's demand is met by a lighter one.

    From `starts`, growing over `ramp_weeks`, `share` of the heavy demand is offered early support: `light_per_heavy`
    units of the light service for each unit, at once.  `effectiveness` of it falls away from the heavy service, but
    only `delay_weeks` later.
    """

    heavy: Dimensions
    light: Dimensions = {}
    """What differs in the light service, e.g. {intensity: [light]}; empty = a service that is not forecast here."""
    share: Number
    effectiveness: Number
    light_per_heavy: float = Field(ge=0)
    starts: date
    delay_weeks: int = Field(default=0, ge=0)
    ramp_weeks: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _between(self) -> "EarlySupport":
        _shares(self.share), _shares(self.effectiveness)
        return self


class ChannelShift(_Change):
    """Contacts move from one channel to another, never more than are digitally suitable, and some come back."""

    moved_from: Dimensions
    moved_to: Dimensions
    share: Number
    suitable: dict[str, float]
    """Largest share that can move, by age group; `all` for those not named.  The rest keep their channel."""
    first_contact_resolution: float = Field(gt=0, le=1)
    """Share solved at the first contact; the others come back to the channel that they left."""
    starts: date
    ramp_weeks: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _between(self) -> "ChannelShift":
        _shares(self.share)
        if not self.suitable or not all(0 <= value <= 1 for value in self.suitable.values()):
            english = "`suitable` needs shares between 0 and 1 by age group, e.g. {all: 0.6, 75plus: 0.2}"
            raise ValueError(Phrase(english, "suitable"))
        return self


class SupplyChange(_Change):
    """Staffed hours, or a unit that closes or opens.

    `staffed_hours`: `hours` per period from then on, or `change` more or fewer.  `closing`: the demand of `unit` moves
    to `other` (`share` of it; the rest is not met).  `opening`: `unit` draws `share` of the demand of `other`.
    """

    kind: Literal["staffed_hours", "closing", "opening"]
    unit: Dimensions
    other: Dimensions = {}
    share: Number = Estimate(value=1.0, low=1.0, high=1.0)
    hours: float | None = Field(default=None, ge=0)
    change: float | None = None
    starts: date
    ends: date | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "SupplyChange":
        _shares(self.share)
        given = (self.hours is not None) + (self.change is not None)
        if self.kind == "staffed_hours" and given != 1:
            english = "`staffed_hours` needs either `hours` or `change`, in hours a period"
            raise ValueError(Phrase(english, "staffed_hours"))
        if self.kind != "staffed_hours" and given:
            english = f"`{self.kind}` moves demand and takes no hours; add a change of kind `staffed_hours`"
            raise ValueError(Phrase(english, "no_hours", kind=self.kind))
        if self.kind == "opening" and not self.other:
            raise ValueError(Phrase("`opening` needs `other`: whose demand the new unit draws", "opening_other"))
        return self


class Scenario(StrictConfig):
    """configs/scenarios/*.yaml.  Changes act in the order population, supply, early support, channel shift."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: Texts
    description: Texts
    base_year: int = Field(ge=1990, le=2100)
    """The year whose population the forecast rests on: growth is counted from its middle."""
    sector: Literal["older_people", "health", "social", "none"] = "older_people"
    """Whose need by age moves demand with the population; `none` = by head."""
    scope: Dimensions = {}
    """Which parts the scenario touches at all; empty = every one."""
    population: tuple[PopulationChange, ...] = ()
    supply: tuple[SupplyChange, ...] = ()
    early_support: tuple[EarlySupport, ...] = ()
    channel_shift: tuple[ChannelShift, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "Scenario":
        if not (self.population or self.supply or self.early_support or self.channel_shift):
            english = (
                "a scenario needs at least one change under `population`, `supply`, `early_support` or `channel_shift`"
            )
            raise ValueError(Phrase(english, "scenario_empty"))
        early = [year for one in self.population for year in (*one.growth, *one.persons) if year <= self.base_year]
        if early:
            english = f"the year {early[0]} is not after `base_year` {self.base_year}"
            raise ValueError(Phrase(english, "year_early", year=str(early[0]), base=str(self.base_year)))
        return self


def load_scenario(path: str | Path) -> Scenario:
    """A scenario file.  Raises ConfigError that names an unknown key with the nearest valid one."""
    return load_config(path, Scenario)


def scenario_of(values: Mapping[str, Any], shown: str = "scenario") -> Scenario:
    """A scenario from its JSON form.  Raises ConfigError as for a file."""
    return validate_config(values, Scenario, shown)


def as_json(scenario: Scenario) -> dict[str, Any]:
    """The form that a service stores; `scenario_of` reads it back."""
    return scenario.model_dump(mode="json")
