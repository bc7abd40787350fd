"""The service's one config file, `configs/serving.yaml`, checked before anything starts."""

import os
from typing import Literal, get_args

from pydantic import Field, model_validator

from configs.loader import StrictConfig, load_config
from configs.workspace import Workspace
from features.catalogue.families import Sensitivity
from models.names import DEMAND_PREFIX, FLOW_PREFIX, NEED_PREFIX
from serving.coordinator.settings import CoordinatorSettings
from serving.pages.services import Role
from serving.records.databases.settings import RecordsSettings
from serving.users.loopback import is_loopback as is_loopback
from serving.users.oidc.settings import SignInSettings

DEFAULT_CONFIG = "configs/serving.yaml"
CONFIG_VARIABLE = "LUOTAIN_SERVING_CONFIG"
"""How `serving.serve` tells the worker processes which config file to read."""

Answer = Literal[
    "segment", "need", "explain", "counterfactual", "decision", "forecast", "scenario", "flow", "log", "review_sample"
]
MOST_REASONS = 5
"""Reasons that are said aloud where no decision point says otherwise."""
ROLES: tuple[str, ...] = get_args(Role)


class Names(StrictConfig):
    """A text in the three languages."""

    fi: str
    sv: str
    en: str

    def text(self) -> dict[str, str]:
        """The same as a plain mapping, as answers and pages carry it."""
        return {"fi": self.fi, "sv": self.sv, "en": self.en}


class ServedModels(StrictConfig):
    """Registered model names whose champion is served."""

    segmentation: str | None = None
    needs: tuple[str, ...] | Literal["all"] = ()
    """Names, or `all`: every name that begins with `need_` and has a champion."""
    demand: tuple[str, ...] = ()
    """Names that must be there; with `all_demand` every other champion of the kind is served beside them."""
    all_demand: bool = False
    flows: tuple[str, ...] | Literal["all"] = ()
    """Names, or `all`: every service chain that has a champion."""

    @property
    def all_needs(self) -> bool:
        """True when the registry says which need tasks are served."""
        return self.needs == "all"

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Every champion whose name begins with one of these is served, besides those that are named."""
        wanted = {NEED_PREFIX: self.all_needs, DEMAND_PREFIX: self.all_demand, FLOW_PREFIX: self.flows == "all"}
        return tuple(prefix for prefix, every in wanted.items() if every)

    @property
    def named_needs(self) -> tuple[str, ...]:
        """The need models that the config names."""
        return () if isinstance(self.needs, str) else self.needs

    @property
    def names(self) -> tuple[str, ...]:
        """Every served name that the config names, segmentation first."""
        first = (self.segmentation,) if self.segmentation else ()
        flows = () if isinstance(self.flows, str) else self.flows
        return (*first, *self.named_needs, *self.demand, *flows)


class NeedFiles(StrictConfig):
    """THL's need model and whose need by age stands for the county's."""

    coefficients: str
    variables: str
    area: str
    year: int


class PlanningFiles(StrictConfig):
    """What planning reads besides the forecast; paths from the project's root."""

    scenarios: str = "configs/scenarios"
    """The folder of the scenarios that come with the service."""
    staffing: str = "configs/staffing.yaml"
    channels: str = "configs/channels.yaml"
    age_profile: str | None = "configs/age_profile.yaml"
    need: NeedFiles | None = None
    """None = population changes use the age profile."""


class DecisionPoint(StrictConfig):
    """A place in the county's process where an answer is used: which answers belong there, and how they are told."""

    name: Names
    answers: tuple[Answer, ...]
    text: Names | None = None
    """What the answer is for at this point, said with every answer; None = the name alone."""
    horizon_days: int | None = Field(default=None, ge=1)
    """Need tasks that look further ahead do not belong to this point; None = any."""
    reasons: int = Field(default=MOST_REASONS, ge=1, le=MOST_REASONS)
    """How many reasons of an estimate are said aloud."""


class ApiLimits(StrictConfig):
    """How much one request of the API may ask for."""

    batch_items: int = Field(default=100, ge=1, le=1000)
    rows: int = Field(default=10_000, ge=1, le=20_000)
    """Rows of one client that are posted with the question."""
    log_page: int = Field(default=200, ge=1, le=1000)


class PagePurposes(StrictConfig):
    """The decision point and the purpose that the pages name in the log for their own requests."""

    client_decision_point: str
    client_purpose: str
    forecast_decision_point: str
    forecast_purpose: str
    rows_per_page: int = Field(ge=1, le=200)
    accessibility_contact: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$")
    """The county's e-mail address for feedback on accessibility, told on `/accessibility`."""


class SessionLimits(StrictConfig):
    """How long a session of the pages lives."""

    idle_seconds: int = Field(ge=60)
    absolute_seconds: int = Field(ge=60)


class DevelopmentUserSettings(StrictConfig):
    """A fictional user of the development sign-in."""

    name: str
    role: Role
    unit: str
    unit_name: Names
    service_tasks: tuple[str, ...]


class ServingSettings(StrictConfig):
    """Everything that the service is told.  Production is the default mode."""

    var: str
    environment: Literal["development", "production"] = "production"
    county: str
    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=1, le=65535)
    allowed_hosts: tuple[str, ...]
    workers: int = Field(default=2, ge=1, le=64)
    threads: int = Field(default=4, ge=1, le=64)
    timeout_seconds: int = Field(default=20, ge=1, le=600)
    max_concurrency: int = Field(default=64, ge=1)
    max_body_bytes: int = Field(default=65536, ge=1024)
    max_upload_bytes: int = Field(default=2_100_000, ge=65536, le=20_000_000)
    """Of a form with a file; the file itself may have 2,000,000."""
    refresh_seconds: int = Field(default=60, ge=1)
    published_data: bool = False
    """The registers are a published, anonymous data set: every client belongs to the unit `published_data`."""
    clock: Literal["system", "data"] = "system"
    """Which day it is when the age of an answer is judged; `data` = the day after the registers end."""
    sensitive: dict[Role, tuple[Sensitivity, ...]] = Field(default_factory=dict)
    """Kinds of sensitive reasons that a role is told; a role that is not named is told none."""
    models: ServedModels
    decision_points: dict[str, DecisionPoint]
    purposes: dict[str, Names]
    pages: PagePurposes
    planning: PlanningFiles = PlanningFiles()
    api: ApiLimits = ApiLimits()
    routing: str = "configs/routing.yaml"
    """The table of suggested routing; a path from the project's root."""
    channels: str | None = "configs/channel_suitability.yaml"
    """Which channels suit a client, by written rules; None = not told."""
    records: RecordsSettings = Field(default_factory=RecordsSettings)
    """Where the logs lie and how long they are kept."""
    promotions: str | None = None
    """URL of the promotion ledger where training keeps it in a database; None = its file in the records folder."""
    coordinator: CoordinatorSettings = CoordinatorSettings()
    sessions: SessionLimits
    sign_in: SignInSettings | None = None
    """The county's identity provider.  Production needs it; then nobody comes in by another way."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose X-Forwarded-For is believed, only to tell apart who fails to sign in; empty = nobody's."""
    development_users: dict[str, DevelopmentUserSettings] = Field(default_factory=dict)

    @property
    def is_development(self) -> bool:
        """True when the development sign-in is open: on this machine's own loopback address only."""
        return self.environment == "development"

    @property
    def workspace(self) -> Workspace:
        """The data folder; `LUOTAIN_VAR` wins over the config."""
        return Workspace.of(self.var)

    @model_validator(mode="after")
    def _development_stays_on_loopback(self) -> "ServingSettings":
        if self.published_data and not self.is_development:
            raise ValueError("`published_data` opens every client to one unit; it is for development only, remove it")
        if self.clock == "data" and not self.is_development:
            raise ValueError(
                "`clock: data` never lets an answer grow old; it is for invented data in development only, "
                "write `clock: system`"
            )
        for host in (self.host, *self.allowed_hosts):
            if self.is_development and not is_loopback(host):
                raise ValueError(
                    "in development mode `host` and `allowed_hosts` must be loopback addresses, "
                    "because sign-in asks for no password; write `host: 127.0.0.1` or `environment: production`"
                )
        return self

    @model_validator(mode="after")
    def _somebody_can_sign_in(self) -> "ServingSettings":
        if self.sign_in is None and not self.is_development:
            raise ValueError(
                "production needs the county's identity provider; add a `sign_in:` block (see docs/sign-in.md) "
                "or write `environment: development` on this machine"
            )
        return self

    @model_validator(mode="after")
    def _pages_name_what_is_registered(self) -> "ServingSettings":
        points = {self.pages.client_decision_point, self.pages.forecast_decision_point} - set(self.decision_points)
        purposes = {self.pages.client_purpose, self.pages.forecast_purpose} - set(self.purposes)
        if points or purposes:
            unknown = ", ".join(sorted(points | purposes))
            raise ValueError(f"`pages` names {unknown}, not found in `decision_points` or `purposes`; add it there")
        return self


def load_settings(path: str | None = None) -> ServingSettings:
    """The checked settings; without `path` the file that `LUOTAIN_SERVING_CONFIG` names, else the default one."""
    return load_config(path or os.environ.get(CONFIG_VARIABLE) or DEFAULT_CONFIG, ServingSettings)
