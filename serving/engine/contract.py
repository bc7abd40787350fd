"""What a request asks of the engine, as protocols: the real one is `RegisterEngine`, tests bring a small one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol

import pandas as pd

from features.columnar import Columns
from models.answers import AxisAnswer, NeedAnswer, SegmentAnswer, Text
from models.similar import Similar
from serving.desk.access import ClientTies
from serving.desk.asking import AxisQuestion, Explored
from serving.pages.coordinator.services import Outcome
from serving.pages.services import Layout, ModelVersion, Paper
from serving.planning.live import LiveDemand, LiveFlow

if TYPE_CHECKING:  # they stand on the facts that are described here
    from serving.engine.clients.looking import ClientRecords, RuleName
    from serving.engine.clients.overview import Overview


@dataclass(frozen=True)
class DataStamp:
    """Which registers the engine knows, and up to which date."""

    snapshot_sha256: str
    data_until: date
    as_of: date
    """The midnight before which everything known was recorded: the day after `data_until`."""


@dataclass(frozen=True)
class ClientFacts:
    """What the client list shows of one client, as known at `as_of`."""

    plan_until: date | None = None
    has_valid_plan: bool = False
    last_contact: date | None = None
    new_contacts: int = 0
    birth_year: int | None = None
    sex: str | None = None
    changes: tuple[tuple[date, str], ...] = ()
    """(day on which it became known, kind) of what happened in the last 90 days, newest first."""


@dataclass(frozen=True)
class RowStamp:
    """What one model was given of a client, without a value: hashes that a replay must find again."""

    input_sha256: str
    """Of the feature row's bytes."""
    feature_set: str
    """Of the feature catalogue and the code vocabulary."""
    rules: str
    """Of the task or the scheme and its eligibility rules: thresholds among them."""
    templates: str
    """Version of the sentences."""


@dataclass(frozen=True)
class CaseStamp:
    """What a client's answers were computed from besides the snapshot: the day it was, and a row per model."""

    today: date | None = None
    rows: Mapping[str, RowStamp] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    """The registers that hold something of the client which the models were given."""


class ClientCase(Protocol):
    """One client's records, read once for one request."""

    def segment(self, by_hand: Sequence[AxisAnswer] = ()) -> SegmentAnswer:
        """The proposed segment; `by_hand` are levels given for this answer only.  Raises Unavailable."""

    def need(self, task: str) -> NeedAnswer:
        """One need task's likelihood.  Raises Unavailable without a live model."""

    def holding(self, output: str) -> SegmentAnswer | NeedAnswer | None:
        """The answer that an estimate is part of; None when this client has no such estimate.  Raises Unavailable."""

    def explore(self, output: str) -> Explored | None:
        """What would change one estimate; None when this client has no such estimate.  Raises Unavailable."""

    def stamp(self) -> CaseStamp:
        """What the answers given so far were computed from."""


class Engine(Protocol):
    """Answers from registers and models.  Every method may be called from several threads."""

    def when_fresh(self, act: Callable[[], None]) -> None:
        """Call `act` whenever the registers were looked at, without anybody waiting for it."""

    def missing(self) -> tuple[str, ...]:
        """What the service still lacks to answer everything: empty when it is ready."""

    def data(self) -> DataStamp:
        """Which registers.  Raises Unavailable when there are none."""

    def identify(self, henkilotunnus: str) -> str | None:
        """The pseudonym; None when the text is not a henkilötunnus that may be linked."""

    def identify_all(self, henkilotunnukset: Sequence[str]) -> tuple[str | None, ...]:
        """The same of many at once.  Raises Unavailable."""

    def ties(self, client_id: str) -> ClientTies | None:
        """The client's care relationships; None when there is no such client."""

    def clients_of(self, unit: str) -> Sequence[ClientTies]:
        """Every client that has or had a care relationship with the unit, in a fixed order."""

    def facts(self, client_id: str) -> ClientFacts:
        """What the list shows of a client."""

    def overview(self) -> "Overview | None":
        """Every client's line for the work list and the random sample; None until it is worked out."""

    def rule_names(self, seen: Sequence[str]) -> "tuple[RuleName, ...]":
        """Alerts and target groups that a role seeing `seen` (besides normal) may be told of.  Raises Unavailable."""

    def client_records(self, client_id: str, seen: Sequence[str]) -> "ClientRecords":
        """The client's alerts with their evidence and her history, without what the role may not see."""

    def similar(self, client_id: str) -> tuple[Similar | None, date | None]:
        """Outcomes of the clients who looked like this one a horizon ago, and the date of that; None = not told."""

    def outcome(self, client_id: str, task: str, asked_at: date) -> Outcome:
        """What became of a forecast made for `asked_at`.  Raises Unavailable when the task is not served."""

    def open(self, client_id: str) -> ClientCase:
        """The client's records, for answers."""

    def posted(self, tables: Mapping[str, Columns], as_of: date) -> ClientCase:
        """A client of whom only these rows are known at `as_of`, for answers by the same kernel and models."""

    def horizons(self) -> Mapping[str, int]:
        """How many days ahead each served need task with a live model looks."""

    def tasks(self) -> tuple[str, ...]:
        """Ids of the need tasks that are served."""

    def task_names(self) -> Mapping[str, Text]:
        """Names of the served need tasks that have a live model."""

    def run_of(self, name: str, version: str) -> str:
        """The training run of a model version that answered; empty when not known."""

    def layout(self) -> Layout | None:
        """The two axes of the live scheme as a picture; None without a model or with another number of axes."""

    def questions(self) -> tuple[AxisQuestion, ...]:
        """The axes of the live scheme, as they may be answered by hand; empty without a model."""

    def outputs(self) -> tuple[str, ...]:
        """Ids of every estimate that the live client models give."""

    def segments(self) -> tuple[tuple[str, Text], ...]:
        """Every segment of the live scheme with its name; empty without a model."""

    def demands(self) -> tuple[LiveDemand, ...]:
        """Every live demand model, the one that the config names first."""

    def flows(self) -> tuple[LiveFlow, ...]:
        """Every live service chain."""

    def population(self) -> pd.DataFrame | None:
        """The registers' population table (all years and areas); None without registers or without the table."""

    def versions(self) -> tuple[ModelVersion, ...]:
        """Every registered version of every model.  Raises Unavailable when the registry is down."""

    def report(self, name: str, version: str) -> str | None:
        """The audit report (HTML text) of one version; None when there is none."""

    def paper(self, name: str, version: str, kind: Paper) -> bytes | None:
        """One file of the published audit report of a version; None when there is none."""

    def published(self, name: str) -> str | None:
        """The text of a file that evaluation published about the registers; None when there is none."""
