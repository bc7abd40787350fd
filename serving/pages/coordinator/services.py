"""What the coordinator's further pages ask of the service core, and the plain records they show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from models.similar import Similar
from models.texts import Text
from serving.pages.coordinator.decided_alerts import AlertCount, AlertDecision, AlertState
from serving.pages.services import Layout, NotAllowed, Person, Visitor

OutcomeKind = Literal["open", "happened", "not_happened", "unknown"]
ChangeKind = Literal["contact", "emergency", "episode", "plan", "assessment", "request"]
Finding = Literal["nothing_missed", "need_found", "records_wrong", "cannot_tell"]
NextStep = Literal["none", "contact", "assess", "correct_records", "other"]
Basis = Literal["model", "answers", "both"]
ReviewReason = Literal["not_eligible", "not_assessable", "below_lists"]


class ViewFirst(NotAllowed):
    """The professional's own view is asked before the proposal is shown; nothing of the answer goes out before."""

    def __init__(self, handle: str) -> None:
        super().__init__("Say your own view first. Open the client's page.")
        self.handle = handle


@dataclass(frozen=True)
class ListFilters:
    """How the work list is narrowed; an empty text leaves a filter out.  Only own clients are narrowed."""

    plan: str = ""
    segment: str = ""
    alert: str = ""
    group: str = ""
    suggestion: str = ""
    changed: str = ""

    @property
    def chosen(self) -> dict[str, str]:
        """The filters in use, for addresses and the audit entry."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class ListChoices:
    """What one may filter by: ids and names.  `ready` = the overview has been worked out."""

    segments: tuple[tuple[str, Text], ...] = ()
    alerts: tuple[tuple[str, Text], ...] = ()
    groups: tuple[tuple[str, Text], ...] = ()
    suggestions: tuple[tuple[str, Text], ...] = ()
    ready: bool = False


@dataclass(frozen=True)
class Proof:
    """What one condition of a rule rests on: the feature's name and value, and the days of the latest records."""

    name: Text
    value: float
    unit: str
    window_days: int | None
    events: int
    days: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Alert:
    """A rule that fires for the client, with its evidence."""

    id: str
    kind: str
    name: Text
    rule_source: str
    proofs: tuple[Proof, ...]


@dataclass(frozen=True)
class Happening:
    """One record of the history: which table, what (codes), from and until which day (None = goes on or a moment)."""

    kind: str
    what: tuple[str, ...]
    start: str
    end: str | None
    lasts: bool = False


@dataclass(frozen=True)
class ContactMonth:
    """Contacts that took place in one calendar month; `home` are home-care visits, counted apart."""

    month: str
    other: int
    emergency: int
    home: int


@dataclass(frozen=True)
class Outcome:
    """What became of a forecast, and the day on which its horizon ends."""

    kind: OutcomeKind
    until: str


@dataclass(frozen=True)
class EarlierForecast:
    """An estimate that was shown earlier for this client, and what then happened."""

    task: str
    made: str
    probability: float
    model: str
    version: str
    outcome: Outcome


@dataclass(frozen=True)
class ClientFile:
    """Everything the client page shows beside the answers."""

    alerts: tuple[Alert, ...]
    history: tuple[Happening, ...]
    months: tuple[ContactMonth, ...]
    since: str
    until: str
    code_names: Mapping[str, Mapping[str, Text]]
    similar: Similar | None
    similar_as_of: str | None
    earlier: tuple[EarlierForecast, ...]
    states: Mapping[str, AlertState] = field(default_factory=dict)
    """Alert id → what was decided about it."""


@dataclass(frozen=True)
class ViewQuestion:
    """The form that asks the professional's own view first."""

    handle: str
    person: Person | None
    segments: tuple[tuple[str, Text], ...]
    layout: Layout | None


@dataclass(frozen=True)
class Letter:
    """What the client's letter says; no other person's data."""

    handle: str
    person: Person | None
    day: str
    data_until: str
    county: str
    unit_name: Text
    segment: Text | None
    description: Text | None
    status_reason: Text
    raises: tuple[Text, ...]
    lowers: tuple[Text, ...]
    changes: tuple[Text, ...]
    basis: Basis
    """model, answers (people's own answers decided everything) or both."""
    answers: tuple[tuple[Text, Text, str], ...]
    """What was asked, level and respondent of the answers that decided."""
    sources: tuple[str, ...]
    missing: tuple[Text, ...]
    model: str
    version: str


@dataclass(frozen=True)
class DrawnClient:
    """One client of the random sample, as the reviewer's list shows her."""

    handle: str
    person: Person | None
    reason: ReviewReason
    finding: Finding | None
    next_step: NextStep | None
    reviewed: str | None


@dataclass(frozen=True)
class Counted:
    """Counts by kind; None = 1 to 4, or what would give such a number away."""

    counts: Mapping[str, int | None]
    total: int | None


@dataclass(frozen=True)
class ReviewCounts:
    """A unit's random sample of one period in numbers."""

    unit: str
    period: str
    population: Counted
    drawn: Counted
    reviewed: int | None
    findings: Counted


@dataclass(frozen=True)
class ReviewQueue:
    """The visitor's unit's sample of the period: who was drawn and how."""

    period: str
    rate: float
    seed: int
    clients: tuple[DrawnClient, ...]
    counts: ReviewCounts | None
    ready: bool = True
    names_known: bool = True


@dataclass(frozen=True)
class Review:
    """What the reviewer found.  `key` makes a form sent twice one review."""

    finding: Finding
    reason: str
    next_step: NextStep
    key: str


@dataclass(frozen=True)
class ProbeCounts:
    """How often the professional's own view was that of the model, and how often one then went over to it."""

    asked: Counted
    """By agreement: same, other, cannot_tell."""
    went_over: int | None
    """Of `other`: the decision then accepted the proposal."""


@dataclass(frozen=True)
class OversightCounts:
    """What the auditor sees of reviews and of own views."""

    reviews: tuple[ReviewCounts, ...]
    probe: ProbeCounts
    share: float
    """The share of cases in which the own view is asked first."""
    rate: float
    seed: int
    smallest: int = 5
    names: Mapping[str, Text] = field(default_factory=dict)
    alerts: tuple[AlertCount, ...] = ()
    alert_names: Mapping[str, Text] = field(default_factory=dict)


class CoordinatorServices(Protocol):
    """The core as the coordinator's further pages see it.  Raises NotYours, NotAllowed, Unavailable like the others."""

    def file(self, visitor: Visitor, handle: str) -> ClientFile:
        """The client's file, logged before it is returned.  Raises ViewFirst."""

    def question(self, visitor: Visitor, handle: str) -> ViewQuestion:
        """What is asked before the proposal is shown; it holds nothing of the answer."""

    def give_view(self, visitor: Visitor, handle: str, view: str, key: str) -> None:
        """Store the professional's own view: a segment's id or `cannot_tell`."""

    def decide_alert(self, visitor: Visitor, handle: str, given: AlertDecision) -> None:
        """Store a decision about one alert.  Raises ViewFirst, and NotAllowed for what is lacking in it."""

    def letter(self, visitor: Visitor, handle: str, form: str, language: str) -> Letter:
        """The contents of the client's letter; the making of it is logged.  Raises ViewFirst."""

    def reviews(self, visitor: Visitor) -> ReviewQueue:
        """The unit's random sample of the period; drawn and recorded when it is opened first."""

    def review(self, visitor: Visitor, handle: str, given: Review) -> None:
        """Store what was found about one drawn client.  Raises NotYours for one who was not drawn."""

    def require_view(self, visitor: Visitor, handle: str) -> None:
        """Raises ViewFirst while the own view is to be given before anything of the answer is shown."""

    def oversight(self, visitor: Visitor) -> OversightCounts:
        """Counts for the auditor; small cells hidden."""
