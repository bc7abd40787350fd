"""configs/demand_reports.yaml and the tables it names."""

from collections.abc import Mapping
from datetime import date

from pydantic import Field, model_validator

from configs.loader import StrictConfig
from models.texts import Texts


class Comparison(StrictConfig):
    """Areas side by side: one measure and group of a forecast, per 1,000 residents of some age bands."""

    model: str
    measure: str
    group: str
    ages: tuple[str, ...] = Field(min_length=1)
    """Age bands of the population table."""


class ServedUnit(StrictConfig):
    """Which forecast hours a unit of the capacity table works on."""

    name: Texts
    model: str
    series: str


class CapacitySettings(StrictConfig):
    """How staffed hours are set against forecast hours."""

    recent_months: int = Field(ge=1)
    """Staffed hours ahead = the daily mean of so many last recorded months."""
    direct_share: float = Field(gt=0, le=1)
    """Share of staffed hours that is spent with clients."""
    source: str
    units: Mapping[str, ServedUnit]


class Limit(StrictConfig):
    """One row of the dated, age-dependent table of limits: [valid_from, valid_to), [age_from, age_to)."""

    level: str
    days: int = Field(ge=1)
    working_days: bool = False
    valid_from: date
    valid_to: date | None = None
    age_from: int = Field(default=0, ge=0)
    age_to: int | None = None
    source: str

    @property
    def ages(self) -> tuple[int, float]:
        """Years, [from, to)."""
        return self.age_from, float("inf") if self.age_to is None else float(self.age_to)

    def meets(self, other: "Limit") -> bool:
        """True when both hold for somebody on some day."""
        dated = max(self.valid_from, other.valid_from) < min(self.valid_to or date.max, other.valid_to or date.max)
        aged = max(self.ages[0], other.ages[0]) < min(self.ages[1], other.ages[1])
        return self.level == other.level and dated and aged


class Measured(StrictConfig):
    """One share to forecast: requests of a service, from request to a date, within the limits of one level."""

    service: str
    level: str
    stop: str = "assessed_at"
    name: Texts
    target: float | None = Field(default=None, gt=0, le=1)
    target_source: str = ""
    demand: str | None = None
    """Forecast model whose totals are the arrivals; none = arrivals go on as lately."""


class AttainmentConfig(StrictConfig):
    """configs/attainment.yaml."""

    limits: tuple[Limit, ...] = Field(min_length=1)
    measured: tuple[Measured, ...]
    horizon_weeks: int = Field(default=12, ge=1)
    recent_weeks: int = Field(default=26, ge=4)
    """Weeks that the recent share and the throughput are taken from."""
    reporting_lag_days: int = Field(ge=0)
    origins: int = Field(default=8, ge=2)
    """Back-test origins, a horizon apart from the latest: the earlier half chooses the method, the later reports."""
    step_weeks: int = Field(default=6, ge=1)

    @model_validator(mode="after")
    def _limits_do_not_overlap(self) -> "AttainmentConfig":
        for k, one in enumerate(self.limits):
            for other in self.limits[k + 1 :]:
                if one.meets(other):
                    raise ValueError(f"two limits of {one.level} hold at once ({one.days} and {other.days} days)")
        missing = next((m.level for m in self.measured if m.level not in {one.level for one in self.limits}), None)
        if missing is not None:
            raise ValueError(f"`measured` names the level {missing}, which has no limit")
        return self


class CaseloadConfig(StrictConfig):
    """configs/caseload.yaml: clients of one segment → case managers."""

    model: str
    measure: str
    group: str
    clients_per_manager: float = Field(gt=0)
    lightest: float = Field(gt=0)
    heaviest: float = Field(gt=0)
    """The range that is also counted: fewest and most clients that one case manager may have."""
    source: str

    @model_validator(mode="after")
    def _ordered(self) -> "CaseloadConfig":
        if not self.lightest <= self.clients_per_manager <= self.heaviest:
            raise ValueError("`clients_per_manager` must lie between `lightest` and `heaviest`")
        return self


class UnitCost(StrictConfig):
    """What one unit of a forecast measure costs."""

    model: str
    measure: str
    group: str
    euros: float = Field(gt=0)
    price_year: int
    source: str


class EventCost(StrictConfig):
    """What one event (contact) of a service costs; without channels, by every channel."""

    service: str
    channels: tuple[str, ...] = ()
    euros: float = Field(gt=0)
    price_year: int
    source: str


class CostsConfig(StrictConfig):
    """configs/unit_costs.yaml.  Euros are an output of a forecast, never a label of need."""

    costs: tuple[UnitCost, ...]
    events: tuple[EventCost, ...] = ()


class PerClient(StrictConfig):
    """Clients now, cost per client and the quality of assessment beside a forecast of what they use."""

    model: str
    measure: str
    group: str
    services: tuple[str, ...] = Field(min_length=1)
    recent_days: int = Field(ge=7)
    """Who had a contact of the services in so many days is a client now."""
    instrument: str
    scale: str
    assessed_within_days: int = Field(ge=30)


class ReportsConfig(StrictConfig):
    """What `python -m evaluation.demand_reports` reads."""

    var: str
    places: str
    """A demand config: its areas, groups of areas and county."""
    models: tuple[str, ...] = Field(min_length=1)
    """Forecasts whose realised values and last year's periods are told."""
    compared: tuple[Comparison, ...] = ()
    capacity: CapacitySettings | None = None
    attainment: str | None = None
    caseload: str | None = None
    unit_costs: str | None = None
    per_client: PerClient | None = None
    overrides: Mapping[str, tuple[str, ...]] = {}
    """Model → files of overrides beside those that `evaluation.planning` kept, e.g. exported from the service."""
