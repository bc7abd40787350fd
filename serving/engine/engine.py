"""The real engine: the snapshot's registers and the registry's champions.  It never raises at start: it reports."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from configs.errors import LuotainError
from features.identity import IdentifierError, canonical_henkilotunnus, pseudonymise
from features.kernel import build_features, plan_of
from features.keys import key_id, load_key
from features.segment_records import known_answers
from features.store import Snapshot, open_snapshot
from models.answers import AxisAnswer, ForecastAnswer, ModelStamp, NeedAnswer, SegmentAnswer, Text
from models.questionnaire import recorded_answers
from models.registry import connect
from serving.access import ClientTies
from serving.engine import catalogue
from serving.engine.contract import ClientFacts, DataStamp
from serving.engine.registers import Registers, open_registers, packed_or_none, refuse_test_persons
from serving.engine.shelf import LiveModel, Shelf
from serving.engine.warming import warm
from serving.pages.services import Layout, ModelVersion, Series, Unavailable
from serving.refusals import refusal
from serving.settings import ServingSettings

NEED_PREFIX = "need_"
logger = logging.getLogger("luotain.serving")


class RegisterEngine:
    """Answers from the county's registers and the live models."""

    def __init__(self, settings: ServingSettings) -> None:
        self._settings = settings
        self._workspace = settings.workspace
        self._shelf = Shelf(self._workspace, settings.models.names)
        self._registers: Registers | None = None
        self._fault: str | None = None
        self._warmed: frozenset[tuple[str, str]] = frozenset()
        self._stop = threading.Event()

    def start(self) -> None:
        """Load in the background, and look for a new snapshot and new champions from time to time."""
        threading.Thread(target=self._keep_fresh, name="luotain-refresh", daemon=True).start()

    def stop(self) -> None:
        """End the background loading."""
        self._stop.set()

    def refresh(self) -> None:
        """Take a new snapshot and new champions into use; a fault keeps what there is."""
        self._refresh_registers()
        self._shelf.refresh()
        names = self._settings.models.names
        self._warmed = warm(self._registers, [live for name in names if (live := self._shelf.get(name))], self._warmed)

    def missing(self) -> tuple[str, ...]:
        """The registers and every served model that is not there yet."""
        registers = () if self._registers else ("registers",)
        return (*registers, *self._shelf.missing())

    def data(self) -> DataStamp:
        """Which registers."""
        return self._opened().stamp

    def identify(self, henkilotunnus: str) -> str | None:
        """The pseudonym under the key of the snapshot.  Raises Unavailable when this service holds another key."""
        snapshot = self._opened().snapshot
        try:
            key = load_key(
                self._workspace.keys,
                purpose=snapshot.purpose,
                data=None if self._settings.is_development else self._workspace.root,
            )
        except LuotainError:
            raise Unavailable(refusal("key_missing")) from None
        if key_id(key) != snapshot.key_id:
            raise Unavailable(refusal("other_key"))
        try:
            known = canonical_henkilotunnus(henkilotunnus, "link" if self._settings.is_development else "refuse")
        except IdentifierError:
            return None
        return pseudonymise(key, known)

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
        return RegisterCase(self._opened(), self._shelf, self._settings, client_id)

    def tasks(self) -> tuple[str, ...]:
        """Need tasks by their id."""
        return tuple(name.removeprefix(NEED_PREFIX) for name in self._settings.models.needs)

    def run_of(self, name: str, version: str) -> str:
        """The training run of a version that answered."""
        return self._shelf.run_of(name, version)

    def layout(self) -> Layout | None:
        """The live scheme as a picture."""
        live = self._segmentation()
        return catalogue.layout_of(live.model.scheme) if live else None

    def segments(self) -> tuple[tuple[str, Text], ...]:
        """The live scheme's segments."""
        live = self._segmentation()
        return tuple((one.id, one.name.as_text()) for one in live.model.scheme.segments) if live else ()

    def series(self) -> tuple[Series, ...]:
        """The series of every live demand model."""
        lives = [self._shelf.get(name) for name in self._settings.models.demand]
        return tuple(series for live in lives if live for series in catalogue.series_of(live.model))

    def forecast(self, series_id: str) -> ForecastAnswer | None:
        """One series of the demand model that has it."""
        lives = [live for name in self._settings.models.demand if (live := self._shelf.get(name))]
        if not lives:
            raise _no_model("demand")
        for live in lives:
            if series_id in {series.series_id for series in catalogue.series_of(live.model)}:
                answer: ForecastAnswer = live.model.answer(series_id, _stamp(live, *catalogue.known_until(live.model)))
                return answer
        return None

    def versions(self) -> tuple[ModelVersion, ...]:
        """Every registered version."""
        try:
            return catalogue.versions_of(connect(self._workspace), self._registers.stamp if self._registers else None)
        except LuotainError as error:
            raise Unavailable(str(error)) from None

    def report(self, name: str, version: str) -> str | None:
        """The training run's report."""
        try:
            return catalogue.report_of(connect(self._workspace), name, version)
        except LuotainError as error:
            raise Unavailable(str(error)) from None

    def quality_report(self) -> str | None:
        """The data-quality report of the registers that are served."""
        stamp = self._registers.stamp if self._registers else None
        return catalogue.quality_report_of(self._workspace.published, stamp)

    def _segmentation(self) -> LiveModel | None:
        name = self._settings.models.segmentation
        return self._shelf.get(name) if name else None

    def _opened(self) -> Registers:
        if self._registers is None:
            raise Unavailable(refusal("registers_missing"))
        return self._registers

    def _keep_fresh(self) -> None:
        self.refresh()
        while not self._stop.wait(self._settings.refresh_seconds):
            self.refresh()

    def _refresh_registers(self) -> None:
        try:
            store: Path = self._workspace.store
            if self._registers is None or _differs(self._registers.snapshot, store):
                opened = open_registers(store, self._settings.published_data)
                refuse_test_persons(opened.snapshot, self._settings)
                packed = packed_or_none(self._workspace.packed, opened.snapshot)
                self._registers = replace(opened, packed=packed)
            self._fault = None
        except (LuotainError, OSError) as error:
            said = str(error) if isinstance(error, LuotainError) else type(error).__name__
            if said != self._fault:
                logger.warning("registers: %s", said)
            self._fault = said


class RegisterCase:
    """One client's records in one request; rows for models with the same features are built once."""

    def __init__(self, registers: Registers, shelf: Shelf, settings: ServingSettings, client_id: str) -> None:
        self._registers = registers
        self._shelf = shelf
        self._models = settings.models
        self._client_id = client_id
        self._tables = registers.tables_of(client_id)
        self._rows: dict[tuple[str, str], np.ndarray] = {}

    def segment(self, by_hand: Sequence[AxisAnswer] = ()) -> SegmentAnswer:
        """The proposed segment; recorded answers on the axes, and those given by hand, go before the model."""
        live, as_of = self._live(self._models.segmentation or ""), self._registers.stamp.as_of
        recorded = recorded_answers(live.model.scheme, known_answers(self._tables, as_of), as_of)
        answer: SegmentAnswer = live.model.answer(
            self._row(live), _stamp(live, self._registers.stamp.data_until, as_of), answers=(*recorded, *by_hand)
        )
        return answer

    def need(self, task: str) -> NeedAnswer:
        """One need task's likelihood."""
        live = self._live(f"{NEED_PREFIX}{task}")
        answer: NeedAnswer = live.model.answer(
            self._row(live), _stamp(live, self._registers.stamp.data_until, self._registers.stamp.as_of)
        )
        return answer

    def _live(self, name: str) -> LiveModel:
        live = self._shelf.get(name)
        if live is None:
            raise _no_model(name)
        return live

    def _row(self, live: LiveModel) -> np.ndarray:
        features, codes = live.model.catalogue, live.model.vocabulary
        kind = plan_of(features, codes).key
        if kind not in self._rows:
            clients, days = (
                np.array([self._client_id], object),
                np.array([self._registers.stamp.as_of], "datetime64[D]"),
            )
            self._rows[kind] = build_features(self._tables, clients, days, features, codes)[0]
        return self._rows[kind]


def _stamp(live: LiveModel, data_until: date, as_of: date) -> ModelStamp:
    chosen = live.chosen
    return ModelStamp(chosen.name, chosen.version, chosen.sha256, data_until.isoformat(), as_of.isoformat())


def _no_model(name: str) -> Unavailable:
    return Unavailable(refusal("no_live_model", name=name))


def _differs(snapshot: Snapshot, store: Path) -> bool:
    return open_snapshot(store).sha256 != snapshot.sha256
