"""The plain records of planning that the pages and the API show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from models.answers import ForecastAnswer, ModelStamp, Text
from models.demand.cold_start import SeriesStatus
from models.demand.explained import ForecastExplanation
from models.flow.answers import FlowAnswer
from models.planning.channels.config import ChannelsConfig
from models.planning.channels.plan import ChannelPlan
from models.planning.staffing.config import StaffingConfig
from models.planning.staffing.plan import StaffingPlan
from serving.planning.assumptions import Tried


@dataclass(frozen=True)
class Corrected:
    """One period as overridden.  `given` False: it changed because a number of a part or of a sum was overridden."""

    value: float
    low80: float
    high80: float
    low95: float
    high95: float
    given: bool


@dataclass(frozen=True)
class OverrideNote:
    """One override of the series as it was stored; `value` None takes an earlier one back."""

    period: str
    value: float | None
    role: str
    reason: str
    time: str
    state: Literal["in_use", "replaced", "taken_back", "past"]


@dataclass(frozen=True)
class SeriesPicture:
    """One series: the model's own answer, and beside it what people changed and why the forecast is what it is."""

    answer: ForecastAnswer
    """As the model says it: overrides never change it."""
    status: SeriesStatus | None = None
    explanation: ForecastExplanation | None = None
    corrected: Mapping[str, Corrected] = field(default_factory=dict)
    """By the ISO day on which the period begins; empty without overrides in force."""
    overrides: tuple[OverrideNote, ...] = ()
    said: tuple[Text, ...] = ()
    parts: int = 1
    """Of how many bottom series the series is the sum."""
    periods: tuple[str, ...] = ()
    """By what the series can be read: its own period, then the longer ones that it adds up to."""
    hidden: tuple[Text, ...] = ()
    """Names of the model's series that are not shown, because too few clients stand behind them."""
    fault: str = ""
    """Why stored overrides could not be used, in the words of the planning rules."""


@dataclass(frozen=True)
class ScenarioEntry:
    """One scenario to choose.  `role` and `time` are None for those that come with the service."""

    id: str
    name: Text
    description: Text
    role: str | None = None
    time: str | None = None


@dataclass(frozen=True)
class ScenarioLine:
    """One scenario on one series, per period and over the whole horizon, in the series' unit."""

    id: str
    name: Text
    values: tuple[float, ...]
    low80: tuple[float, ...]
    high80: tuple[float, ...]
    difference: tuple[float, ...]
    difference_low80: tuple[float, ...]
    difference_high80: tuple[float, ...]
    total: float
    total_difference: float
    total_low80: float
    total_high80: float
    share: float
    peak: float
    peak_period: str
    changes: tuple[tuple[Text, float], ...]
    """What each change adds to the total difference."""
    outside: tuple[tuple[Text, float], ...]
    """Demand that left the forecast series, of the same measure and whole county, by what it is."""
    said: tuple[Text, ...]


@dataclass(frozen=True)
class Comparison:
    """Scenarios beside the base for one series.  `base` has no difference."""

    stamp: ModelStamp
    series_id: str
    name: Text
    unit: Text
    period: str
    periods: tuple[str, ...]
    base: ScenarioLine
    lines: tuple[ScenarioLine, ...]
    skipped: tuple[tuple[str, Text, str], ...]
    """Scenarios that do not fit this forecast: id, name and why."""
    overridden: bool
    notice: Text


@dataclass(frozen=True)
class StaffingPicture:
    """People for the forecast, or for a scenario of it."""

    stamp: ModelStamp
    period: str
    config: StaffingConfig
    plan: StaffingPlan
    area_names: Mapping[str, Text]
    scenario: Text | None
    notice: Text
    tried: tuple[Tried, ...] = ()
    """Phone lines and chats that no live forecast counts, with the contacts a period that were asked about."""


@dataclass(frozen=True)
class ChannelPicture:
    """The channel programme: what was asked and what it says."""

    config: ChannelsConfig
    plan: ChannelPlan


@dataclass(frozen=True)
class FlowPicture:
    """One service chain with the names of what its figures are broken down by."""

    answer: FlowAnswer
    names: Mapping[str, Mapping[str, Text]]
    """Dimension → value → name; the dimension's own name under the empty value."""
