"""The real engine: the snapshot's registers and the registry's champions.  It never raises at start: it reports."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TypeVar

import pandas as pd

from configs.errors import LuotainError
from features.columnar import Columns
from models.answers import Text
from models.names import DEMAND_PREFIX, FLOW_PREFIX, NEED_PREFIX
from models.registry import connect
from models.similar import Similar
from serving.desk.access import ClientTies
from serving.desk.asking import AxisQuestion
from serving.engine import catalogue
from serving.engine.clients.case import RegisterCase, stamp_of
from serving.engine.clients.looking import ClientRecords, Looking, RuleName
from serving.engine.clients.overview import Overview
from serving.engine.clients.posted import NOBODY, PostedRows
from serving.engine.clients.pseudonyms import pseudonyms_of
from serving.engine.contract import ClientFacts, DataStamp
from serving.engine.outputs import outputs_of
from serving.engine.pauses import Settled, take_short_turns
from serving.engine.registers import Registers, differs, open_registers, packed_or_none
from serving.engine.shelf import LiveModel, Shelf
from serving.engine.warming import warm
from serving.pages.coordinator.services import Outcome
from serving.pages.services import Layout, ModelVersion, Paper, Unavailable
from serving.planning.live import LiveDemand, LiveFlow
from serving.records.entries import HELSINKI
from serving.refusals import refusal
from serving.settings import ServingSettings
from serving.starting import refuse_test_persons

logger = logging.getLogger("luotain.serving")
Clock = Callable[[], date]
Planned = TypeVar("Planned", LiveDemand, LiveFlow)


def _day_in_finland() -> date:
    return datetime.now(HELSINKI).date()


class RegisterEngine:
    """Answers from the county's registers and the live models."""

    def __init__(self, settings: ServingSettings, clock: Clock = _day_in_finland) -> None:
        self._settings = settings
        self._clock = clock
        self._workspace = settings.workspace
        self._shelf = Shelf(self._workspace, settings.models.names, settings.models.prefixes)
        self._registers: Registers | None = None
        self._fault: str | None = None
        self._warmed: frozenset[tuple[str, str]] = frozenset()
        self._settled = Settled()
        self._planned: dict[str, LiveDemand | LiveFlow] = {}
        self._stop = threading.Event()
        self._looking = Looking(settings)
        self._then: list[Callable[[], None]] = []

    def when_fresh(self, act: Callable[[], None]) -> None:
        """Call `act` after every background look for new registers, in that thread."""
        self._then.append(act)

    def start(self) -> None:
        """Load in the background, and look for a new snapshot and new champions from time to time."""
        take_short_turns()
        threading.Thread(target=self._keep_fresh, name="luotain-refresh", daemon=True).start()

    def stop(self) -> None:
        """End the background loading."""
        self._stop.set()

    def refresh(self) -> None:
        """Take a new snapshot and new champions into use; a fault keeps what there is."""
        self._refresh_registers()
        self._shelf.refresh()
        lives = [live for name in self._shelf.names if (live := self._shelf.get(name))]
        self._warmed = warm(self._registers, lives, self._warmed)

    def look_over(self) -> None:
        """Work out the overview of the clients, if there is anything new."""
        registers = self._registers
        if registers is not None:
            lives = [
                live for name in (self._settings.models.segmentation, *self._needs()) if (live := self._named(name))
            ]
            self._looking.look(registers, lives, self._today(registers))

    def overview(self) -> Overview | None:
        """The clients at a glance."""
        return self._looking.overview

    def rule_names(self, seen: Sequence[str]) -> tuple[RuleName, ...]:
        """Alerts and target groups."""
        return self._looking.rule_names(self._opened(), seen)

    def client_records(self, client_id: str, seen: Sequence[str]) -> ClientRecords:
        """Alerts with evidence, and the history."""
        return self._looking.records(self._opened(), client_id, seen)

    def similar(self, client_id: str) -> tuple[Similar | None, date | None]:
        """Similar clients' outcomes."""
        return self._looking.similar(self._opened(), client_id, self._segmentation())

    def outcome(self, client_id: str, task: str, asked_at: date) -> Outcome:
        """What became of an earlier forecast."""
        return self._looking.outcome(self._opened(), self._named(f"{NEED_PREFIX}{task}"), client_id, asked_at)

    def missing(self) -> tuple[str, ...]:
        """The registers and every served model that is not there yet."""
        registers = () if self._registers else ("registers",)
        return (*registers, *self._shelf.missing())

    def data(self) -> DataStamp:
        """Which registers."""
        return self._opened().stamp

    def identify(self, henkilotunnus: str) -> str | None:
        """The pseudonym under the key of the snapshot.  Raises Unavailable when this service holds another key."""
        return self.identify_all((henkilotunnus,))[0]

    def identify_all(self, henkilotunnukset: Sequence[str]) -> tuple[str | None, ...]:
        """The same of many, with the key read once."""
        return pseudonyms_of(self._opened().snapshot, self._settings, henkilotunnukset)

    def ties(self, client_id: str) -> ClientTies | None:
        """The client's care relationships."""
        return self._opened().relations.by_client.get(client_id)

    def clients_of(self, unit: str) -> Sequence[ClientTies]:
        """The unit's clients, former ones included."""
        return self._opened().relations.by_unit.get(unit, ())

    def facts(self, client_id: str) -> ClientFacts:
        """What the list shows of a client."""
        return self._opened().facts.get(client_id, ClientFacts())

    def open(self, client_id: str) -> "RegisterCase":
        """The client's records."""
        registers = self._opened()
        return RegisterCase(registers, self._shelf, self._settings, client_id, self._today(registers))

    def posted(self, tables: Mapping[str, Columns], as_of: date) -> RegisterCase:
        """A client of whom only these rows are known; the registers are not read."""
        rows = PostedRows(DataStamp("", as_of - timedelta(days=1), as_of), tables)
        today = self._clock() if self._settings.clock == "system" else as_of
        return RegisterCase(rows, self._shelf, self._settings, NOBODY, today)

    def horizons(self) -> Mapping[str, int]:
        """Days ahead of the need tasks with a live model."""
        lives = [live for name in self._needs() if (live := self._shelf.get(name))]
        return {live.model.task.id: live.model.task.horizon_days for live in lives}

    def tasks(self) -> tuple[str, ...]:
        """Need tasks by their id."""
        return tuple(name.removeprefix(NEED_PREFIX) for name in self._needs())

    def task_names(self) -> Mapping[str, Text]:
        """Names of the need tasks with a live model."""
        lives = [live for name in self._needs() if (live := self._shelf.get(name))]
        return {live.model.task.id: live.model.task.name.as_text() for live in lives}

    def run_of(self, name: str, version: str) -> str:
        """The training run of a version that answered."""
        return self._shelf.run_of(name, version)

    def layout(self) -> Layout | None:
        """The live scheme as a picture."""
        live = self._segmentation()
        return catalogue.layout_of(live.model.scheme) if live else None

    def questions(self) -> tuple[AxisQuestion, ...]:
        """The live scheme's axes as they are asked."""
        live = self._segmentation()
        return catalogue.questions_of(live.model.scheme) if live else ()

    def outputs(self) -> tuple[str, ...]:
        """Every estimate of the live client models."""
        lives = [self._segmentation(), *(self._shelf.get(name) for name in self._needs())]
        return tuple(output for live in lives if live for output in outputs_of(live.model))

    def segments(self) -> tuple[tuple[str, Text], ...]:
        """The live scheme's segments."""
        live = self._segmentation()
        return tuple((one.id, one.name.as_text()) for one in live.model.scheme.segments) if live else ()

    def demands(self) -> tuple[LiveDemand, ...]:
        """Every live demand model; what is computed from one is kept as long as its version is live."""
        return tuple(
            self._kept(live, LiveDemand) for live in self._of_kind(DEMAND_PREFIX, self._settings.models.demand)
        )

    def flows(self) -> tuple[LiveFlow, ...]:
        """Every live service chain."""
        named = self._settings.models.flows
        return tuple(self._kept(live, LiveFlow) for live in self._of_kind(FLOW_PREFIX, () if named == "all" else named))

    def population(self) -> pd.DataFrame | None:
        """The registers' population table; None where there is none."""
        return self._registers.population if self._registers else None

    def versions(self) -> tuple[ModelVersion, ...]:
        """Every registered version."""
        stamp = self._registers.stamp if self._registers else None
        try:
            return catalogue.versions_of(connect(self._workspace), self._workspace.published, stamp)
        except LuotainError as error:
            raise Unavailable(str(error)) from None

    def report(self, name: str, version: str) -> str | None:
        """The published audit report, else the training run's."""
        with catalogue.asked(self._workspace) as (registry, published):
            return catalogue.report_of(registry, published, name, version)

    def paper(self, name: str, version: str, kind: Paper) -> bytes | None:
        """One file of the published audit report of a version."""
        with catalogue.asked(self._workspace) as (registry, published):
            return catalogue.paper_of(registry, published, name, version, kind)

    def published(self, name: str) -> str | None:
        """A file that evaluation published about the registers that are served."""
        stamp = self._registers.stamp if self._registers else None
        return catalogue.published_of(self._workspace.published, stamp, name)

    def _today(self, registers: Registers) -> date:
        """Which day it is: the clock's, or in development the day after the data end."""
        return self._clock() if self._settings.clock == "system" else registers.stamp.as_of

    def _needs(self) -> tuple[str, ...]:
        """Served need models: those of the config, or every champion found."""
        if self._settings.models.all_needs:
            return tuple(name for name in self._shelf.names if name.startswith(NEED_PREFIX))
        return self._settings.models.named_needs

    def _of_kind(self, prefix: str, named: Sequence[str]) -> list[LiveModel]:
        """The live models that are named, then those found by their prefix."""
        names = dict.fromkeys((*named, *(name for name in self._shelf.names if name.startswith(prefix))))
        return [live for name in names if (live := self._shelf.get(name))]

    def _kept(self, live: LiveModel, kind: type[Planned]) -> Planned:
        found = self._planned.get(live.chosen.sha256)
        if not isinstance(found, kind):
            found = kind(live.chosen.name, stamp_of(live, *catalogue.known_until(live.model)), live.model)
            self._planned[live.chosen.sha256] = found
        return found

    def _segmentation(self) -> LiveModel | None:
        return self._named(self._settings.models.segmentation)

    def _named(self, name: str | None) -> LiveModel | None:
        return self._shelf.get(name) if name else None

    def _opened(self) -> Registers:
        if self._registers is None:
            raise Unavailable(refusal("registers_missing"))
        return self._registers

    def _keep_fresh(self) -> None:
        self.refresh()
        while not self._stop.is_set():
            self._settled.hold(self._registers, self.overview(), self._warmed)
            for act in self._then:
                act()
            self.look_over()
            self._settled.hold(self._registers, self.overview(), self._warmed)
            if not self._stop.wait(self._settings.refresh_seconds):
                self.refresh()

    def _refresh_registers(self) -> None:
        try:
            if self._registers is None or differs(self._registers.snapshot, self._workspace.store):
                opened = open_registers(self._workspace.store, self._settings.published_data)
                refuse_test_persons(opened.snapshot, self._settings)
                packed = packed_or_none(self._workspace.packed, opened.snapshot)
                self._registers = replace(opened, packed=packed)
            self._fault = None
        except (LuotainError, OSError) as error:
            said = str(error) if isinstance(error, LuotainError) else type(error).__name__
            if said != self._fault:
                logger.warning("registers: %s", said)
            self._fault = said
