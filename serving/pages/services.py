"""What the pages ask of the service core, as a protocol, and the plain records they show.

The pages compute nothing about a client: every call below checks the right, writes its audit entry and then answers.
A call raises NotYours (shown as the one 404 page, the same for unknown and for another unit's client), NotAllowed (403)
or Unavailable (503, e.g. no model is live or the log cannot be written).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from models.answers import NeedAnswer, SegmentAnswer, Text
from serving.desk.asking import AxisQuestion, Explored, GivenAnswer
from serving.pages.chain import ChainStatus as ChainStatus
from serving.pages.papers import Papers
from serving.pages.refused import NotAllowed as NotAllowed
from serving.pages.refused import NotYours as NotYours
from serving.pages.refused import Refused as Refused
from serving.pages.refused import Unavailable as Unavailable
from serving.pages.series import Series as Series

if TYPE_CHECKING:  # they name the visitor, who is described here
    from serving.pages.coordinator.services import CoordinatorServices, ListChoices, ListFilters
    from serving.pages.emergency import EmergencyServices
    from serving.pages.entering import Door
    from serving.pages.oversight.services import OversightServices
    from serving.pages.planner.services import PlannerServices

Role = Literal["coordinator", "planner", "data_scientist", "auditor", "manager", "admin"]
Choice = Literal["accept", "change", "cannot_tell"]


@dataclass(frozen=True)
class Visitor:
    """Who is signed in; `csrf` is the session's form token."""

    user_id: str
    name: str
    role: Role
    unit: str
    unit_name: Text
    csrf: str


@dataclass(frozen=True)
class DevelopmentUser:
    """One fictional user of the development sign-in."""

    user_id: str
    name: str
    role: Role
    unit_name: Text


@dataclass(frozen=True)
class Person:
    """What the directory says of a client: held in memory for the page, never stored or logged."""

    name: str
    birth_year: int | None


@dataclass(frozen=True)
class ClientRow:
    """One client of the visitor's unit.  Dates are ISO texts; None = not known."""

    handle: str
    person: Person | None
    plan_until: str | None
    has_valid_plan: bool
    last_contact: str | None
    segment: Text | None = None
    status: str = ""
    """answered, not_eligible, not_assessable, ask_first (the own view comes first), or empty: not known yet."""
    alerts: tuple[Text, ...] = ()
    """Open ones."""
    changes: tuple[tuple[str, int], ...] = ()
    """(kind, on how many days) of what became known since `ClientPage.since`."""
    suggestions: tuple[Text, ...] = ()
    """Services that could replace a part of a light client's home care."""
    dismissed: tuple[Text, ...] = ()
    """Alerts that were dismissed and still rest on the same records."""


@dataclass(frozen=True)
class ClientPage:
    """One page of the unit's clients, in the order of the list."""

    rows: tuple[ClientRow, ...]
    total: int
    page: int
    pages: int
    data_until: str
    since: str = ""
    """The ISO day from which on changes are told."""
    visited: bool = False
    """True when `since` is the visitor's last visit on older data."""
    names_known: bool = True
    """False when the directory did not answer: the page says so and works without names."""
    choices: "ListChoices | None" = None


@dataclass(frozen=True)
class Axis:
    """One axis of the scheme with its ordered level names, lowest first."""

    id: str
    name: Text
    levels: tuple[Text, ...]


@dataclass(frozen=True)
class Layout:
    """Which segment each pair of levels means: cells[vertical level][horizontal level] = segment id."""

    horizontal: Axis
    vertical: Axis
    cells: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PastDecision:
    """A decision recorded earlier about this client."""

    time: str
    choice: Choice
    segment: Text | None
    reason: str
    role: Role


@dataclass(frozen=True)
class ClientView:
    """Everything one client page shows.  `answer_id` names the logged answer that a decision refers to."""

    handle: str
    person: Person | None
    answer_id: str
    segment: SegmentAnswer
    layout: Layout | None
    needs: tuple[NeedAnswer, ...]
    decisions: tuple[PastDecision, ...] = ()
    questions: tuple[AxisQuestion, ...] = ()
    """The scheme's axes, as they may be answered by hand."""
    task_names: Mapping[str, Text] = field(default_factory=dict)
    """Names of the need tasks, for those that are not answered."""
    emergency_until: str | None = None
    """When an emergency access to this other unit's client ends; None = an own client."""
    names_known: bool = True
    """False when the directory did not answer."""


@dataclass(frozen=True)
class Decision:
    """What the professional decided.  `key` makes a form sent twice one decision."""

    answer_id: str
    choice: Choice
    segment: str | None
    reason: str
    key: str
    routing_target: str | None = None
    """Where the client is guided (an id of the routing table); None = not said."""
    urgency: str | None = None
    legal_basis: str | None = None
    """The law that the decision rests on (an id of the routing table); recorded, never used."""


@dataclass(frozen=True)
class Receipt:
    """A recorded decision, for the confirmation page."""

    decision_id: str
    time: str
    choice: Choice
    segment: Text | None
    reason: str


Paper = Literal["html", "pdf", "json", "card"]
"""A file of an audit report: the page, on paper, its figures, the model card."""


@dataclass(frozen=True)
class ModelVersion:
    """One registered model version.  `report` = a SHAP report was published for it."""

    name: str
    version: str
    live: bool
    created: str
    data_until: str
    bundle_sha256: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    report: bool = False
    snapshot_sha256: str = ""
    """The registers it was trained on; its published report lies in their folder."""
    papers: tuple[Paper, ...] = ()
    """The files of the published audit report beside its page."""


@dataclass(frozen=True)
class LogRow:
    """One row of the decision log or the audit log, ready to show; keys are the column ids of its LogPage."""

    seq: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class LogPage:
    """One page of a log.  `choices` lists the values each filter may take."""

    columns: tuple[str, ...]
    rows: tuple[LogRow, ...]
    total: int
    page: int
    pages: int
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class PageServices(Papers, Protocol):
    """The service core as the pages see it.  Every method may be called from several threads."""

    @property
    def planner(self) -> "PlannerServices":
        """Everything that is asked about forecasts, scenarios, staffing and service chains."""

    @property
    def door(self) -> "Door":
        """The sign-in at the county's identity provider, where there is one."""

    @property
    def emergencies(self) -> "EmergencyServices":
        """Emergency access and its review."""

    @property
    def oversight(self) -> "OversightServices":
        """The auditor's first screen and acts, the manager's groups, the stop switch."""

    def visitor(self, token: str | None) -> Visitor | None:
        """Who the session cookie belongs to; None when there is no live session."""

    def development_users(self) -> tuple[DevelopmentUser, ...]:
        """The users one may sign in as without a password; empty outside development."""

    def sign_in(self, user_id: str) -> str:
        """A new session's token, for the cookie.  Raises NotAllowed."""

    def sign_out(self, token: str) -> None:
        """End the session."""

    def find_client(self, visitor: Visitor, henkilotunnus: str) -> str:
        """The session's handle of the client.  Raises NotYours, also for a malformed henkilötunnus."""

    @property
    def coordinator(self) -> "CoordinatorServices":
        """The client's file, her letter, the own view first, and the random sample."""

    def clients(self, visitor: Visitor, page: int, filters: "ListFilters") -> ClientPage:
        """The unit's clients, narrowed by the filters."""

    def client(self, visitor: Visitor, handle: str, by_hand: Sequence[GivenAnswer] = ()) -> ClientView:
        """The answers about one client, logged before they are returned; `by_hand` counts for this view only.

        Raises NotAsked for an answer that the scheme does not know.
        """

    def what_would_change(self, visitor: Visitor, handle: str, output: str) -> Explored:
        """What would change one estimate, logged before it is returned.  Raises NotYours for no such estimate."""

    def segments(self, visitor: Visitor) -> tuple[tuple[str, Text], ...]:
        """Id and name of every segment of the live scheme, for a changed decision."""

    def decide(self, visitor: Visitor, handle: str, decision: Decision) -> Receipt:
        """Record the decision."""

    def receipt(self, visitor: Visitor, handle: str, decision_id: str) -> Receipt:
        """A decision recorded in this session's name.  Raises NotYours."""

    def series(self, visitor: Visitor) -> tuple[Series, ...]:
        """The forecast series there are."""

    def models(self, visitor: Visitor) -> tuple[ModelVersion, ...]:
        """Every registered model version, newest first within a name."""

    def decision_log(self, visitor: Visitor, page: int, filters: Mapping[str, str]) -> LogPage:
        """Recorded decisions, newest first."""

    def audit_log(self, visitor: Visitor, page: int, filters: Mapping[str, str]) -> LogPage:
        """Audit entries, newest first."""

    def chain(self, visitor: Visitor) -> ChainStatus | None:
        """The state of the audit log's chain; None = a long log is being verified for the first time."""
