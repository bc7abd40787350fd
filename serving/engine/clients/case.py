"""One client's records in one request, and what the live models say of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Protocol

import numpy as np
import pandas as pd

from configs.errors import DataError
from configs.loader import load_config
from features.columnar import Columns
from features.freshness import NewestDates
from features.kernel import build_features, plan_of
from features.segment_records import known_answers
from models.answers import AxisAnswer, Likelihood, ModelStamp, NeedAnswer, SegmentAnswer
from models.explaining.supposing.counterfactual import counterfactual
from models.names import NEED_PREFIX
from models.oversight.facts import Stopped
from models.planning.channels.suitability_config import SuitabilityRules
from models.planning.channels.told import channels_told
from models.segments.questionnaire import recorded_answers
from serving.desk.asking import Explored
from serving.engine.clients.rows import row_stamp, sources_of
from serving.engine.contract import CaseStamp, DataStamp
from serving.engine.outputs import line_of, outputs_of
from serving.engine.shelf import LiveModel, Shelf
from serving.pages.services import Unavailable
from serving.refusals import refusal
from serving.settings import ServingSettings


class ClientRows(Protocol):
    """Where one client's rows are: the registers, or the question itself."""

    @property
    def stamp(self) -> DataStamp:
        """Up to when the rows know."""

    def tables_of(self, client_id: str) -> Mapping[str, Columns | pd.DataFrame]:
        """Every row of the client, by table."""


class RegisterCase:
    """Answers about one client; rows for models with the same features are built once."""

    def __init__(
        self, registers: ClientRows, shelf: Shelf, settings: ServingSettings, client_id: str, today: date
    ) -> None:
        self._registers = registers
        self._shelf = shelf
        self._settings = settings
        self._client_id = client_id
        self._today = today
        self._tables = registers.tables_of(client_id)
        self._rows: dict[tuple[str, str], np.ndarray] = {}
        self._dates: dict[tuple[str, str], Mapping[str, date]] = {}
        self._asked: dict[str, LiveModel] = {}

    def segment(self, by_hand: Sequence[AxisAnswer] = ()) -> SegmentAnswer:
        """The proposed segment."""
        live = self._live(self._settings.models.segmentation or "")
        answers = (*self._recorded(live), *by_hand)
        row = self._row(live)
        answer: SegmentAnswer = live.model.answer(
            row, self._stamp(live), answers=answers, dates=self._newest(live), today=self._today
        )
        path = self._settings.channels
        return (
            answer
            if path is None
            else replace(answer, channels=channels_told(channel_rules(path), live.model.parts, row))
        )

    def need(self, task: str) -> NeedAnswer:
        """One need task's likelihood."""
        live = self._live(f"{NEED_PREFIX}{task}")
        answer: NeedAnswer = live.model.answer(
            self._row(live), self._stamp(live), dates=self._newest(live), today=self._today
        )
        return answer

    def holding(self, output: str) -> SegmentAnswer | NeedAnswer | None:
        """The answer that an estimate is part of; None when this client has no such estimate."""
        for live in self._client_models():
            if output in outputs_of(live.model):
                answer = self._answer_of(live)
                if likelihood_of(answer, output) is not None:
                    return answer
        return None

    def explore(self, output: str) -> Explored | None:
        """What would change one estimate; None when this client has no such estimate."""
        for live in self._client_models():
            model = outputs_of(live.model).get(output)
            shown = self._likelihood(live, output) if model is not None else None
            if model is not None and shown is not None:
                parts, target = live.model.parts, line_of(live.model, shown)
                used = parts.used_columns(self._row(live))
                found = counterfactual(model, parts, used, output, parts.changeable, target)
                return Explored(self._stamp(live), shown.name, shown.outcome, found)
        return None

    def stamp(self) -> CaseStamp:
        """What the answers given so far were computed from."""
        rows = {name: row_stamp(live.model, self.row(live)) for name, live in self._asked.items()}
        told = (sources_of(live.model, self.row(live)) for live in self._asked.values())
        return CaseStamp(self._today, rows, tuple(sorted({source for sources in told for source in sources})))

    def live_for(self, task: str | None) -> LiveModel:
        """The live model of a need task; without one that of the segmentation.  Raises Unavailable."""
        return self._live(f"{NEED_PREFIX}{task}" if task else self._settings.models.segmentation or "")

    def _client_models(self) -> tuple[LiveModel, ...]:
        own = (self._settings.models.segmentation or "", NEED_PREFIX)
        names = [name for name in self._shelf.names if name == own[0] or name.startswith(own[1])]
        return tuple(live for name in names if (live := self._shelf.get(name)))

    def _likelihood(self, live: LiveModel, output: str) -> Likelihood | None:
        """The estimate as it is shown of this client; a refused answer has none."""
        return likelihood_of(self._answer_of(live), output)

    def _answer_of(self, live: LiveModel) -> SegmentAnswer | NeedAnswer:
        name = live.chosen.name
        if name == self._settings.models.segmentation:
            return self.segment()
        return self.need(name.removeprefix(NEED_PREFIX))

    def _recorded(self, live: LiveModel) -> tuple[AxisAnswer, ...]:
        """People's recorded answers on the scheme's axes.  Raises Unavailable where a level is none of the scheme's."""
        as_of = self._registers.stamp.as_of
        try:
            return recorded_answers(live.model.scheme, known_answers(self._tables, as_of), as_of)
        except DataError as error:
            raise Unavailable(str(error)) from None

    def _live(self, name: str) -> LiveModel:
        live = self._shelf.get(name)
        if live is None:
            raise no_model(name, self._shelf.stopped(name))
        self._asked[name] = live
        return live

    def row(self, live: LiveModel) -> np.ndarray:
        """The client's feature row for a model, built once per kind of row."""
        return self._row(live)

    def _row(self, live: LiveModel) -> np.ndarray:
        features, codes = live.model.catalogue, live.model.vocabulary
        kind = plan_of(features, codes).key
        if kind not in self._rows:
            clients = np.array([self._client_id], object)
            days = np.array([self._registers.stamp.as_of], "datetime64[D]")
            self._rows[kind] = build_features(self._tables, clients, days, features, codes)[0]
        return self._rows[kind]

    def _newest(self, live: LiveModel) -> Mapping[str, date]:
        """The day of the newest record behind each family, looked up once per catalogue."""
        kind = plan_of(live.model.catalogue, live.model.vocabulary).key
        if kind not in self._dates:
            self._dates[kind] = NewestDates(self._tables, live.model.catalogue, self._registers.stamp.as_of)
        return self._dates[kind]

    def _stamp(self, live: LiveModel) -> ModelStamp:
        return stamp_of(live, self._registers.stamp.data_until, self._registers.stamp.as_of)


@cache
def channel_rules(path: str) -> SuitabilityRules:
    """The county's rules of channels, read once.  Raises ConfigError."""
    return load_config(path, SuitabilityRules)


def likelihood_of(answer: SegmentAnswer | NeedAnswer, output: str) -> Likelihood | None:
    """One explained estimate of an answer by its id."""
    if isinstance(answer, SegmentAnswer):
        likelihoods = answer.axes
    else:
        likelihoods = (*answer.likelihoods, *((answer.likelihood,) if answer.likelihood else ()))
    return next((one for one in likelihoods if one.id == output), None)


def stamp_of(live: LiveModel, data_until: date, as_of: date) -> ModelStamp:
    """Which version speaks, and up to when it knows."""
    chosen = live.chosen
    return ModelStamp(chosen.name, chosen.version, chosen.sha256, data_until.isoformat(), as_of.isoformat())


def no_model(name: str, stopped: Stopped | None = None) -> Unavailable:
    """No version of a model is live, or somebody stopped it and said why."""
    if stopped is not None:
        return Unavailable(refusal("model_stopped", name=name, reason=stopped.reason))
    return Unavailable(refusal("no_live_model", name=name))
