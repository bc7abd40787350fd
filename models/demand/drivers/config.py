"""The `drivers` section of a demand config: every driver is off until it is named."""

from typing import Literal

from pydantic import Field, model_validator

from configs.loader import StrictConfig

CalendarColumn = Literal["days", "working_days", "holidays"]


class PopulationDriver(StrictConfig):
    """Demand scales with the population of the series' area and ages (table `population`)."""

    ages: tuple[int, int] = (0, 200)
    """First and last age for series that are not divided by age band."""
    carry: Literal["growth", "level"] = "growth"
    """After the last known year: grow as in the known years, or stay."""
    growth_years: int = Field(default=3, ge=1)
    """Known years whose mean growth is carried forward."""

    @model_validator(mode="after")
    def _ordered(self) -> "PopulationDriver":
        if not 0 <= self.ages[0] <= self.ages[1]:
            raise ValueError("`ages` is first and last age, e.g. [75, 200]")
        return self


class OpeningsDriver(StrictConfig):
    """Known openings and closings of units."""

    file: str
    """CSV `unit, area, from, to, places, recorded_at`; `${LUOTAIN_DATA}/` means the folder of real data."""


class DischargesDriver(StrictConfig):
    """Ended stays per area, some periods ago."""

    kind: str = "ward_stay"
    lag: int = Field(default=1, ge=1)
    """Periods between the end of stays and the demand.  From `horizon` on only observations are used; with a shorter
    lag the later periods take the area's own seasonal mean."""
    reporting_lag_days: int = Field(ge=0)
    """Days after which an end is recorded at the latest."""


class HeadsUpDriver(StrictConfig):
    """Clients expected to need the service, from the need models."""

    file: str
    """CSV `area, as_of, expected, recorded_at`, written by `python -m training.heads_up`."""


class Drivers(StrictConfig):
    """What the trees may know beside a series' own history; all known at the date of the forecast."""

    calendar: tuple[CalendarColumn, ...] = ()
    population: PopulationDriver | None = None
    openings: OpeningsDriver | None = None
    discharges: DischargesDriver | None = None
    heads_up: HeadsUpDriver | None = None
    columns: tuple[str, ...] = ()
    """Known-future columns of the sheet itself."""

    @property
    def any(self) -> bool:
        """True when at least one driver is on."""
        return any((self.calendar, self.population, self.openings, self.discharges, self.heads_up, self.columns))

    @property
    def need_areas(self) -> bool:
        """True when a driver belongs to an area."""
        return any((self.population, self.openings, self.discharges, self.heads_up))
