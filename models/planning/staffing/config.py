"""configs/staffing.yaml: what turns direct hours into people.  Every number carries where it comes from."""

from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator

from configs.loader import StrictConfig
from configs.phrases import Phrase
from models.planning.staffing.sources import source_texts
from models.texts import Texts

PERIOD_WEEKS = {"day": 1 / 7, "week": 1.0, "month": 365.25 / 12 / 7}
"""Weeks in one period of a forecast."""


MOST_AT_ONCE = 20
"""Contacts that one person can handle side by side; more is a slip of the keyboard."""


class Assumed(StrictConfig):
    """One number of a plan, with its source; "own assumption" where there is none."""

    value: float
    source: Annotated[Texts, BeforeValidator(source_texts)]

    @model_validator(mode="after")
    def _sourced(self) -> "Assumed":
        if min(len(text) for text in self.source.as_text().values()) < 3:
            raise ValueError(Phrase("a number needs its `source`, or `own assumption`", "no_source"))
        return self


def _share(given: Any) -> Any:
    value = given.get("value") if isinstance(given, dict) else None
    if isinstance(value, int | float) and not 0 <= value < 1:
        raise ValueError(Phrase(f"a share lies between 0 and 1, got {value:g}; write 0.2 for 20 %", "share"))
    return given


Share = Annotated[Assumed, BeforeValidator(_share)]


def _plain(given: Any) -> Any:
    plain = isinstance(given, int | float) and not isinstance(given, bool)
    return {"value": float(given), "source": "settings"} if plain else given


class WorkTime(StrictConfig):
    """How an employee's paid week divides.

    paid hours × (1 − absence) = hours at work; × (1 − travel) = hours not on the road; × direct = hours with clients.
    """

    weekly_hours: Assumed
    absence: Share
    travel: Share
    travel_by_area: dict[str, Share] = {}
    """Where distances are longer or shorter than in the county on average."""
    direct: Share

    @model_validator(mode="after")
    def _possible(self) -> "WorkTime":
        if self.direct.value <= 0 or self.weekly_hours.value <= 0:
            english = "`direct` and `weekly_hours` must be above 0: nobody works without time with clients"
            raise ValueError(Phrase(english, "work_positive"))
        return self

    def travel_of(self, area: str) -> float:
        """Share of the hours at work that go on the road in an area."""
        return self.travel_by_area.get(area, self.travel).value

    def direct_hours(self, area: str, weeks: float) -> float:
        """Hours with clients that one full-time employee gives in so many weeks."""
        at_work = self.weekly_hours.value * weeks * (1 - self.absence.value)
        return at_work * (1 - self.travel_of(area)) * self.direct.value


class Team(StrictConfig):
    """Who does the work that a measure counts."""

    name: Texts
    measure: str
    """The forecast's measure, e.g. `hours`."""
    hours_per_unit: Assumed
    """Direct hours of one unit: 1 where the measure is hours, 0.5 where it is visits of half an hour."""
    work: WorkTime


class Queue(StrictConfig):
    """A phone line or a chat, staffed so that `share` is answered within `seconds`."""

    name: Texts
    measure: str
    concurrency: Annotated[Assumed, BeforeValidator(_plain)] = Assumed.model_validate(
        {"value": 1, "source": "settings"}
    )
    """Contacts that one person handles side by side; `handling_seconds` is measured while doing so."""
    handling_seconds: Assumed
    answered_share: Share
    answered_seconds: Assumed
    max_occupancy: Share
    shrinkage: Share
    open_hours_per_week: Assumed
    peak_factor: Assumed
    """Contacts in the busiest hour ÷ contacts in a mean open hour."""

    @model_validator(mode="after")
    def _possible(self) -> "Queue":
        if min(self.handling_seconds.value, self.open_hours_per_week.value, self.peak_factor.value) <= 0:
            english = "`handling_seconds`, `open_hours_per_week` and `peak_factor` must be above 0"
            raise ValueError(Phrase(english, "queue_positive"))
        if not 1 <= self.concurrency.value <= MOST_AT_ONCE or self.concurrency.value != int(self.concurrency.value):
            english = f"`concurrency` is a whole number from 1 to {MOST_AT_ONCE}"
            raise ValueError(Phrase(english, "at_once", most=MOST_AT_ONCE))
        return self


class StaffingConfig(StrictConfig):
    """configs/staffing.yaml."""

    version: str
    service_level: Share
    """Share of periods in which the planned people must be enough: the forecast's quantile that is staffed for."""
    correlation: Share
    """Of two areas' forecast errors, where no forecast of their sum says more."""
    teams: tuple[Team, ...] = ()
    queues: tuple[Queue, ...] = ()
