"""configs/guidance.yaml."""

from collections.abc import Mapping
from datetime import date

from pydantic import Field, model_validator

from configs.loader import StrictConfig
from configs.words import Words


class ContactRule(StrictConfig):
    """Contacts of these services that took place by these channels; an empty list lets every one through."""

    services: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


class EpisodeRule(StrictConfig):
    """Lasting services of these kinds and intensities; no intensity named lets every one through."""

    kinds: tuple[str, ...] = Field(min_length=1)
    intensities: tuple[str, ...] = ()


class Use(StrictConfig):
    """What counts as using a service."""

    contacts: ContactRule | None = None
    episodes: EpisodeRule | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Use":
        if self.contacts is None and self.episodes is None:
            raise ValueError("a service is told by `contacts` or by `episodes`; write at least one of them")
        return self


class ServiceClass(Use):
    """One step of the order from the lightest to the heaviest service."""

    id: str
    name: Words


class LightClients(StrictConfig):
    """Light home-care clients, and the services that could replace a part of theirs."""

    episodes: EpisodeRule
    days: int = Field(ge=1)
    replacing: Mapping[str, Use] = Field(min_length=1)
    names: Mapping[str, Words]

    @model_validator(mode="after")
    def _every_service_has_a_name(self) -> "LightClients":
        if set(self.replacing) != set(self.names):
            raise ValueError("`names` must hold exactly the services of `replacing`")
        return self


class FrequentUsers(StrictConfig):
    """Who uses a service often: so many visits of this urgency in so many days."""

    urgency: str
    visits: int = Field(ge=2)
    days: int = Field(ge=1)


class AroundPlan(StrictConfig):
    """Visits of frequent users so many days before and after a plan of these kinds began."""

    kinds: tuple[str, ...] = Field(min_length=1)
    days: int = Field(ge=30)


class Effect(StrictConfig):
    """A change, whom it concerned, and how long before and after it the cases are compared."""

    changed_on: date
    name: Words
    municipalities: tuple[str, ...] = Field(min_length=1)
    """Who lived in one of these is concerned; everybody else is the comparison group."""
    days: int = Field(ge=30)


class GuidanceConfig(StrictConfig):
    """What `python -m evaluation.guidance` reads."""

    var: str
    routing: str
    scheme: str
    follow_days: int = Field(ge=1)
    quiet_days: int = Field(ge=1)
    quarters: int = Field(ge=1, le=40)
    lightest_heavy: str
    classes: tuple[ServiceClass, ...] = Field(min_length=2)
    light_clients: LightClients
    frequent_users: FrequentUsers
    around_plan: AroundPlan
    effect: Effect | None = None
    baseline: str = Field(pattern=r"^[a-z0-9_]+$")

    @model_validator(mode="after")
    def _heavy_is_a_class(self) -> "GuidanceConfig":
        names = [one.id for one in self.classes]
        if len(set(names)) != len(names):
            raise ValueError("a class of `classes` is listed twice")
        if self.lightest_heavy not in names[1:]:
            raise ValueError(f"`lightest_heavy` must be one of {', '.join(names[1:])}")
        return self

    @property
    def heavy_from(self) -> int:
        """Number of the first heavy class, counted from 0."""
        return [one.id for one in self.classes].index(self.lightest_heavy)
