"""What a county YAML may say.  Every rate of the simulated world is named here and given in `configs/county/`."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from configs.errors import ConfigError
from configs.loader import StrictConfig

TARGETS = ("complexity", "resources", "home_care_change")
INSTANCES = ("a", "b")


class Municipality(StrictConfig):
    """One municipality: where it lies, who kept its registers, and how much service is within reach."""

    code: str = Field(pattern=r"^\d{3}$")
    name: str
    area: str
    share: float = Field(gt=0, description="share of the county's residents")
    supply: float = Field(gt=0, description="multiplier of every rate of service; need does not depend on it")
    legacy_org: str
    instance: str = Field(pattern="^[ab]$")
    history_start: date
    postal_area: str = Field(pattern=r"^\d{5}$")


class AgeBand(StrictConfig):
    """Residents aged low … high (years, inclusive) at the first day."""

    low: int
    high: int
    share: float = Field(ge=0)
    memory_disorder: float = Field(ge=0, le=1, description="prevalence at the first day")
    diabetes: float = Field(ge=0, le=1)
    heart_disease: float = Field(ge=0, le=1)
    digitally_excluded: float = Field(ge=0, le=1)
    mental_need: float = Field(ge=0, le=1, description="share who would benefit from mental-health care")
    mental_access: float = Field(ge=0, le=1, description="share of those in need who ever get it")
    carer: float = Field(ge=0, le=1, description="share with somebody near who helps")


class People(StrictConfig):
    """Who lives in the county and who comes and goes."""

    ages: list[AgeBand]
    female: float
    languages: dict[str, float]
    move_in: float = Field(description="share of residents who came during the years, newborns included")
    newborn: float = Field(description="share of those who came that were born there")
    move_out: float
    non_disclosure: float


class Pandemic(StrictConfig):
    """The structural break: less contact in person, more at a distance, fewer new home-care clients."""

    until: date
    in_person: float
    home_care_entry: float
    remote_bump: float


class Remote(StrictConfig):
    """Share of contacts handled at a distance, on the first and the last day, and by which channel."""

    first: float
    last: float
    channels_first: dict[str, float]
    channels_last: dict[str, float]
    without_digital: float = Field(description="multiplier of the remote share of the digitally excluded (by phone)")


class Latent(StrictConfig):
    """The slow states of a person, in standard deviations; monthly steps."""

    mental_memory: float
    social_memory: float
    instability_memory: float
    function_step: float
    function_drift: float
    function_drift_per_decade: float = Field(description="more drift per ten years above 75")
    fall_effect: float
    ward_effect: float
    cognition_rate: float
    memory_onset_65: float = Field(description="monthly onset at 65; doubles every `memory_doubling_years`")
    memory_doubling_years: float
    memory_diagnosed: float = Field(description="share of memory disorders that are ever diagnosed")
    death_80: float = Field(description="monthly risk of death at 80 with average function")
    death_doubling_years: float
    fall_rate: float
    ward_rate: float
    emergency_rate: float
    emergency_habit: float = Field(description="standard deviation of the lasting difference between persons")
    unobserved: float = Field(description="standard deviation of what no register sees in the need of care")
    unobserved_memory: float
    carer_loss: float = Field(description="monthly risk that a carer can no longer help")
    substance_share: float


class Level(StrictConfig):
    """One intensity of home care."""

    threshold: float = Field(description="need of care from which this level is meant")
    minutes_per_week: float
    slots: dict[str, float] = Field(description="chance of a visit per part of a day")


class HomeCare(StrictConfig):
    """How home care starts, grows, ends, and how its days look."""

    light: Level
    regular: Level
    intensive: Level
    residential_threshold: float
    entry: float
    heavier: float
    steepness: float
    lighter: float
    temporary_end: float
    memory_of_grant: float = Field(description="how far a grown need lifts the minutes of a visit before the decision")
    weekend: float
    holiday: float


class Service(StrictConfig):
    """One service of the county: how often, for whom, by whom."""

    sector: str
    per_month: float = Field(description="contacts per month of an average person inside the gate")
    gate: str = Field(default="all", description="who can have it at all")
    effects: dict[str, float] = Field(default={}, description="effect on the log rate per standard deviation")
    professions: list[str]
    minutes: float
    urgency: str = "non_urgent"
    remote: float = Field(default=1.0, description="multiplier of the county's remote share")
    unit: str
    reasons: list[str]
    growth: float = Field(default=0.0, description="yearly growth of the log rate")


class Instance(StrictConfig):
    """The habits of one recording system."""

    lost: float = Field(description="share of contacts never recorded")
    reason_share: float = Field(description="share of contacts with a structured reason")
    diagnosis_share: float
    delay_days: float
    late_share: float = Field(description="share recorded only with the next month's batch")


class Segmentation(StrictConfig):
    """Recorded segmentations: few, and more of some clients than of others."""

    start: date
    county_wide: date
    pilot_orgs: list[str]
    per_month: float
    pilot_factor: float
    several_sectors_factor: float
    complexity_factor: float
    again_per_month: float
    professional_noise: float
    client_noise: float
    missing_axis: float


class Axes(StrictConfig):
    """The two true axes: share above the cut among long-term clients, and what no register sees."""

    high_complexity: float
    weak_resources: float
    complexity_noise: float
    resources_noise: float


class Waits(StrictConfig):
    """Days from a request to its assessment and from there to the start: medians, and who waits longer."""

    assessment_days: float
    start_days: float
    spread: float
    area: dict[str, float]
    bottleneck_area: str
    bottleneck_service: str
    bottleneck_factor: float
    concern_rate: float
    concern_growth: float


class Faults(StrictConfig):
    """Rows made wrong on purpose: share of all rows, split evenly over the kinds."""

    share: float = Field(ge=0, le=0.05)
    kinds: list[str]


class Drift(StrictConfig):
    """A change planted from one day on, for the proof that monitoring finds it.  Off in every county file."""

    kind: Literal["recording", "digital_share", "definition", "new_municipality"]
    since: date
    share: float = Field(default=0.4, ge=0, le=1, description="share of the rows concerned that change")
    municipality: str | None = Field(default=None, description="code of the one that joins (new_municipality)")


class County(StrictConfig):
    """The whole world of one simulated county."""

    var: str
    sources: str = Field(description="folder of the mapping files that say in which shape each extract is delivered")
    seed: int
    residents: int = Field(ge=50)
    start: date
    end: date = Field(description="last day that the extracts cover")
    burn_in_months: int = Field(ge=12)
    municipalities: list[Municipality]
    people: People
    pandemic: Pandemic
    remote: Remote
    latent: Latent
    home_care: HomeCare
    services: dict[str, Service]
    instances: dict[str, Instance]
    segmentation: Segmentation
    axes: Axes
    waits: Waits
    faults: Faults
    drivers: dict[str, dict[str, float]]
    underserved: dict[str, float] = Field(
        default={},
        description="planted unfairness: municipality code -> share of its service that is left (0.7 = -30 %)",
    )
    drift: Drift | None = None

    @model_validator(mode="after")
    def _shares_and_targets(self) -> "County":
        if set(self.drivers) != set(TARGETS):
            raise ConfigError(f"`drivers` must hold exactly {', '.join(TARGETS)}.")
        if set(self.instances) != set(INSTANCES):
            raise ConfigError("`instances` must hold exactly `a` and `b`.")
        codes = {town.code for town in self.municipalities}
        unknown = sorted(set(self.underserved) - codes)
        if unknown:
            raise ConfigError(f"`underserved`: the county has no municipality {unknown[0]}.")
        if self.drift and self.drift.kind == "new_municipality" and self.drift.municipality not in codes:
            raise ConfigError("`drift.municipality` must be the code of one of the municipalities.")
        if self.start >= self.end:
            raise ConfigError("`start` must be before `end`.")
        return self

    @property
    def areas(self) -> list[str]:
        """The areas in the order in which the municipalities name them."""
        return list(dict.fromkeys(town.area for town in self.municipalities))
