"""What a person is told: plain frozen records, the same in the JSON answer, on the page and in the log.

Numbers are kept in full precision; rounding is for the page.  Texts are dicts {"fi": ..., "sv": ..., "en": ...}.
"""

from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from typing import Any, Literal

from models.counterfactuals import Change as Change
from models.counterfactuals import Counterfactual as Counterfactual
from models.planning.channels.suitability import ChannelAnswer
from models.texts import Text

Status = Literal["answered", "not_eligible", "not_assessable"]
MODEL_INFORMS: Text = {
    "fi": "Malli antaa tietoa; ammattilainen päättää.",
    "sv": "Modellen ger information; den yrkesutbildade personen beslutar.",
    "en": "The model informs; the professional decides.",
}
UNSAID: Text = {}
"""The sentence of a reason that is not said aloud."""


@dataclass(frozen=True)
class ModelStamp:
    """Which model spoke, and up to which date it knew."""

    name: str
    version: str
    bundle_sha256: str
    data_until: str
    """Last day whose records could be known (ISO date)."""
    as_of: str
    """The answer knows only what was recorded strictly before this midnight (ISO date)."""


@dataclass(frozen=True)
class Reason:
    """One concept's share of the number shown, on the log-odds scale (or in the unit of an expected amount)."""

    family: str
    """Id of the concept: of several families that say the same thing, or of one family that stands alone."""
    name: Text
    dimension: str
    role: str
    contribution: float
    feature: str
    """The feature of the family that weighed most; `value` is the client's own."""
    value: float | None
    comparison: float | None
    """What is usual in the comparison group (median, k >= 5), or None when the group is too small."""
    source: str
    sentence: Text
    """The reason in words.  Empty ({}) unless the reason is one of the 3-5 said aloud (`Likelihood.reasons`)."""
    sensitivity: str = "normal"
    date: str | None = None
    """ISO day of the newest record behind `value`; None where the family has none or nobody looked it up."""


@dataclass(frozen=True)
class Missing:
    """A family with nothing known of this client: absent, never assumed to be zero."""

    family: str
    name: Text
    source: str
    sensitivity: str = "normal"


@dataclass(frozen=True)
class DimensionShare:
    """What one guidance dimension and role contribute together, on the scale of the likelihood."""

    dimension: str
    role: str
    contribution: float


@dataclass(frozen=True)
class Likelihood:
    """One explained probability: base + sum of contributions = log-odds of `probability` (difference <= 1e-9)."""

    id: str
    name: Text
    outcome: Text
    """What the probability is of, e.g. high complexity."""
    probability: float
    log_odds: float
    base: float
    contributions: tuple[Reason, ...]
    """Every family of the model, largest absolute share first; only those among `reasons` have a sentence."""
    reasons: tuple[Reason, ...]
    """The 3-5 that are said aloud, in both directions where both exist."""
    scale: str = "log_odds"
    dimensions: tuple[DimensionShare, ...] = ()
    """The contributions summed by guidance dimension and role, largest absolute sum first."""


@dataclass(frozen=True)
class SourceAge:
    """How old the newest thing known from one register is."""

    source: str
    newest: str | None
    """ISO day of the newest known record; None when the register holds nothing of this client."""
    days: int | None
    """Full days from `newest` to `as_of`."""


@dataclass(frozen=True)
class SegmentShare:
    """One segment of the scheme and how probable it is."""

    segment: str
    name: Text
    description: Text
    probability: float
    proposed: bool


@dataclass(frozen=True)
class AxisAnswer:
    """A person's own answer on one axis: recorded in a questionnaire or given by hand; never the model's."""

    axis: str
    level: str
    level_name: Text
    respondent: str
    """client, professional, relative or unknown: the respondents are kept apart."""
    given: Literal["recorded", "by_hand"]
    time: str | None
    """ISO day of a recorded answer."""
    decides: bool
    """True when this answer sets the axis's level; another respondent's answer is shown beside it."""


@dataclass(frozen=True)
class Arrangement:
    """What the scheme arranges for a segment; how care is supported, never which care is given."""

    segment: str
    path: Text
    channel: Text
    plan_type: str
    guidance_intensity: str
    responsible_role: Text
    case_manager_proposed: bool
    follow_up: tuple[Text, ...]
    """Ways of following up, at least one of them not digital."""


@dataclass(frozen=True)
class SegmentAnswer:
    """The proposed segment of one client.  `status` other than "answered" leaves the lists empty and says why."""

    stamp: ModelStamp
    status: Status
    status_reason: Text
    scheme: str
    scheme_version: str
    client_flow: str
    need_duration: str
    segments: tuple[SegmentShare, ...]
    axes: tuple[Likelihood, ...]
    missing: tuple[Missing, ...]
    sources: tuple[str, ...]
    notice: Text
    credible: tuple[str, ...] = ()
    """Conformal set: the segments that cannot be ruled out, most probable first.  More than one = say so."""
    coverage: float | None = None
    """Share of clients whose recorded segment the set is made to contain (nominal)."""
    answers: tuple[AxisAnswer, ...] = ()
    """People's own answers, which are used as they are."""
    basis: Literal["model", "answers", "both"] = "model"
    """Where the axis levels come from: the model alone, people's answers alone, or some of each."""
    arrangement: Arrangement | None = None
    """What the scheme arranges for the proposed segment."""
    freshness: tuple[SourceAge, ...] = ()
    channels: ChannelAnswer | None = None


@dataclass(frozen=True)
class LevelShare:
    """One level of an ordered outcome (lighter, stable, heavier, ...) and how probable it is."""

    level: str
    name: Text
    probability: float


@dataclass(frozen=True)
class Expected:
    """An expected amount in the unit people plan with: base + sum of contributions = value (difference <= 1e-9)."""

    id: str
    name: Text
    unit: Text
    value: float
    low: float
    high: float
    """80 % interval, measured on held-out clients."""
    base: float
    contributions: tuple[Reason, ...]
    """Every family, in the unit of `value`, largest absolute share first."""


@dataclass(frozen=True)
class Evidence:
    """One fact about the client that bears on an alternative; a value and a sentence, no score."""

    family: str
    name: Text
    direction: Literal["for", "against", "unknown"]
    value: float | None
    sentence: Text
    source: str
    sensitivity: str = "normal"


@dataclass(frozen=True)
class Alternative:
    """One of the service alternatives, with what speaks for and against it.  No choice is made among them."""

    id: str
    name: Text
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class NeedAnswer:
    """How likely one need task's outcome is for one client within its horizon."""

    stamp: ModelStamp
    status: Status
    status_reason: Text
    task: str
    horizon_days: int
    gap_days: int
    likelihood: Likelihood | None
    missing: tuple[Missing, ...]
    sources: tuple[str, ...]
    notice: Text
    levels: tuple[LevelShare, ...] = ()
    """Of an ordered outcome: every level, lowest first."""
    likelihoods: tuple[Likelihood, ...] = ()
    """Of an ordered outcome: one per level above the lowest ("at or above it"); `likelihood` is the main one."""
    expected: Expected | None = None
    alternatives: tuple[Alternative, ...] = ()
    freshness: tuple[SourceAge, ...] = ()


@dataclass(frozen=True)
class ForecastPoint:
    """One period of one series: the forecast, its interval, and what was seen a year before."""

    period_start: str
    value: float
    low80: float
    high80: float
    low95: float
    high95: float
    last_year: float | None


@dataclass(frozen=True)
class ForecastAnswer:
    """A demand forecast with the back-test error that the planner should expect."""

    stamp: ModelStamp
    series_id: str
    name: Text
    unit: Text
    period: str
    member: str
    backtest: Mapping[str, float]
    """Mean absolute scaled error of the served member and of seasonal naive, WAPE, coverage at 80 and 95 %."""
    history: tuple[tuple[str, float], ...]
    points: tuple[ForecastPoint, ...]
    notice: Text


PLAIN = frozenset({str, float, int, bool, type(None)})
"""What is written as it is: asked first, because an answer holds thousands of them."""


def json_values(value: Any) -> Any:
    """An answer as JSON writes it: `dataclasses.asdict` without its deep copies, which cost more than the answer."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, tuple):
        return [json_values(part) for part in value]
    parts: Mapping[Any, Any] | None = value if isinstance(value, dict) else None
    if parts is None:
        parts = vars(value) if is_dataclass(value) else value if isinstance(value, Mapping) else None
    if parts is None:
        return value
    return {name: part if type(part) in PLAIN else json_values(part) for name, part in parts.items()}
