"""What the auditor's and the manager's pages ask of the service core, and the plain records they show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from models.oversight.facts import Stopped, Verdict
from models.texts import Text
from serving.pages.services import Refused, Visitor

ReplayOutcome = Literal["same", "differs", "not_possible"]
LogForm = Literal["html", "csv"]


class NotUnderstood(Refused):
    """What was typed cannot be used: the form is shown again with the text of `key`."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True)
class Judged:
    """One served model and the verdict over it."""

    name: str
    title: Text | None
    """Its own name where the model carries one (a need task's)."""
    version: str
    has_report: bool
    verdict: Verdict


@dataclass(frozen=True)
class FirstScreen:
    """The verdict over every served model; `checked_at`: when the log's chain was verified, None = not yet."""

    models: tuple[Judged, ...]
    not_live: tuple[str, ...]
    """Served names without a live model."""
    checked_at: str | None


@dataclass(frozen=True)
class LiveThen:
    """What was live for one model on a day."""

    name: str
    title: Text | None
    version: str | None
    since: str | None
    who: str
    why: str
    act: str
    bundle_sha256: str
    conditions: tuple[Mapping[str, str], ...] = ()
    """The signed waivers that it was live with: rule, who, why, until."""


@dataclass(frozen=True)
class LiveOn:
    """What the promotion ledger says of the end of one day in Finland."""

    day: str
    models: tuple[LiveThen, ...]
    first_bad: int | None
    """The first bad entry of the ledger's chain: what is told from there on cannot be relied on."""


@dataclass(frozen=True)
class ReplayedAnswer:
    """One answer of an entry, computed once more."""

    kind: str
    id: str
    model: str
    outcome: ReplayOutcome
    said: str
    logged_sha256: str
    computed_sha256: str


@dataclass(frozen=True)
class ReplayResult:
    """Every answer of one entry."""

    seq: int
    event: str
    time: str
    answers: tuple[ReplayedAnswer, ...]
    notes: tuple[str, ...]
    fault: str = ""
    """Why there is nothing to compare; empty = there was."""


@dataclass(frozen=True)
class LogChain:
    """One log's chain, verified as a whole."""

    log: str
    entries: int
    removed: int
    backwards: int
    first_bad: int | None
    witnessed: int | None
    """The newest entry that a signed checkpoint outside the database vouches for."""
    at: str
    """Local time of this verification."""


@dataclass(frozen=True)
class StoppableModel:
    """A served model and whether somebody stopped it."""

    name: str
    title: Text | None
    version: str | None
    stopped: Stopped | None


@dataclass(frozen=True)
class Given:
    """A file for a client: her own log."""

    file: str
    media_type: str
    content: bytes


class OversightServices(Protocol):
    """Every call checks the right, writes its audit entry and then answers."""

    def titles(self) -> Mapping[str, Text]:
        """Registered model name → its own name, for the models that carry one."""

    def stopped(self) -> tuple[StoppableModel, ...]:
        """The stopped models: every signed-in visitor is told."""

    def first_screen(self, visitor: Visitor) -> FirstScreen:
        """The verdict over every served model."""

    def live_on(self, visitor: Visitor, day: str) -> LiveOn:
        """What was live at the end of a day (ISO).  Raises NotUnderstood."""

    def statistics(self, visitor: Visitor, since: str, until: str) -> Any:
        """`AccessStatistics` of the days from `since` to `until` (ISO, both included).  Raises NotUnderstood."""

    def replay(self, visitor: Visitor, seq: str) -> ReplayResult:
        """The answers of one audit entry, computed once more in a fresh process.  Raises NotUnderstood."""

    def verify(self, visitor: Visitor) -> tuple[LogChain, ...]:
        """Every log and the promotion ledger, verified as a whole; empty = it goes on, ask again."""

    def client_log(
        self, visitor: Visitor, henkilotunnus: str, reason: str | None, form: LogForm, language: str
    ) -> Given:
        """The log about one client for her own request; the disclosure is logged.  Raises NotUnderstood."""

    def stoppable(self, visitor: Visitor) -> tuple[StoppableModel, ...]:
        """Every served model."""

    def stop(self, visitor: Visitor, name: str, reason: str) -> None:
        """Stop serving a model.  Raises NotUnderstood without a reason, NotYours for no such model."""

    def lift(self, visitor: Visitor, name: str, reason: str) -> None:
        """Serve a stopped model again."""

    def groups(self, visitor: Visitor) -> Mapping[str, Any] | None:
        """The published client-grouping report; None when none was published for these registers."""

    def indicators(self, visitor: Visitor) -> tuple[Mapping[str, Any], ...]:
        """Published indicators of the served registers."""

    def plan_indicators(self, visitor: Visitor) -> Mapping[str, Any] | None:
        """The published indicators of the county plans; None when none were published for these registers."""
