"""Questions about forecasts, answered at the service's desk: right checked, computed, logged, and only then shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from configs.phrases import Phrase
from models.demand.sheet_default import SheetForecast, forecast_sheet
from models.flow.answers import FlowAnswer
from models.flow.whatif import WhatIf
from models.names import DEMAND_PREFIX, FLOW_PREFIX
from models.planning.ages import AgeStructure
from models.planning.base import Base
from models.planning.channels.plan import plan
from models.planning.scenarios.config import Scenario
from serving.desk.requests import Asked, Caller, Desk, Grounds
from serving.engine.clients.case import no_model
from serving.pages.planner.services import WrongInput
from serving.pages.services import NotYours
from serving.planning.assumptions import changed
from serving.planning.ground import Ground
from serving.planning.hashing import answer_sha256
from serving.planning.kept.corrections import Stored, corrected_over, stored_of
from serving.planning.kept.records import ChannelPicture, Comparison, FlowPicture, SeriesPicture, StaffingPicture
from serving.planning.live import LiveDemand, LiveFlow
from serving.planning.sheets import sheet_frame
from serving.planning.working import Basis, accepted, comparison, staffing_picture
from serving.records.evidence import evidence, evidence_of_plan
from serving.records.keeping.runtime import runtime
from serving.records.schema import OVERRIDE_LOG
from serving.refusals import refusal


@dataclass(frozen=True)
class PlanningDesk:
    """What a planner may ask, for the pages and the API alike."""

    desk: Desk
    ground: Ground

    def live(self, model: str, series_id: str | None = None) -> LiveDemand:
        """The live model of a name, else the first one that has the series.  Raises Unavailable or NotYours."""
        lives = self.desk.engine.demands()
        if not lives:
            raise no_model(DEMAND_PREFIX.rstrip("_"))
        named = [one for one in lives if not model or one.name == model]
        found = next((one for one in named if series_id is None or one.has(series_id)), None)
        if found is None:
            raise NotYours(refusal("no_such_series"))
        return found

    def stored(self, live: LiveDemand) -> Stored:
        """The model's overrides and what they make of its forecast."""
        return stored_of(self._overrides(live.name), live.base)

    def forecasts(self) -> list[tuple[Base, AgeStructure | None]]:
        """Every live forecast with its population: what a scenario must fit one of."""
        return [(live.base, self.basis(live).people) for live in self.desk.engine.demands()]

    def base(self, live: LiveDemand) -> Base:
        """The forecast as planned with: overridden where planners changed it."""
        return self.basis(live).base

    def basis(self, live: LiveDemand) -> Basis:
        """Everything that planning with a forecast rests on, as it is now."""
        return Basis(live, self._overrides(live.name), self.ground, self.desk.engine.population())

    def picture(
        self, caller: Caller, grounds: Grounds, model: str, series_id: str, period: str | None = None
    ) -> tuple[str, SeriesPicture]:
        """One series, by its own or a longer period, with what stands behind it and what people changed.

        Raises WrongInput for a period that the model has no table of.
        """

        def compute() -> SeriesPicture:
            live = self.live(model, series_id)
            periods = live.periods(series_id)
            asked = next((one for one in periods if one == period), None)
            if period and asked is None:
                english = f"There is no forecast by `{period}`. Choose {' or '.join(periods)}."
                raise WrongInput(Phrase(english, "no_period"))
            stored = self.stored(live)
            answer = live.answer(series_id, asked)
            corrected = stored.corrected(series_id)
            if asked not in (None, periods[0]):
                corrected = corrected_over(corrected, live.answer(series_id), answer)
            return SeriesPicture(
                answer=answer,
                periods=periods,
                status=live.status(series_id),
                explanation=live.explanation(series_id, asked),
                corrected=corrected,
                overrides=stored.notes(series_id, [point.period_start for point in answer.points]),
                said=stored.overridden.said if stored.overridden else (),
                parts=live.parts(series_id),
                fault=stored.fault,
                hidden=live.hidden,
            )

        def detail(shown: SeriesPicture) -> dict[str, Any]:
            said = evidence((shown.answer,), self.desk.engine)
            return {**said, "overridden": len(shown.corrected)}

        return self.desk.told(caller, Asked("see_forecast", "forecast", grounds), compute, detail)

    def compare(
        self, caller: Caller, grounds: Grounds, model: str, series_id: str, scenarios: Sequence[Scenario]
    ) -> tuple[str, Comparison]:
        """Scenarios beside the base for one series."""

        return self.desk.told(
            caller,
            Asked("see_forecast", "scenario", grounds),
            lambda: comparison(self.basis(self.live(model, series_id)), series_id, scenarios),
            lambda shown: self._planned(
                shown.stamp,
                "scenario",
                shown,
                scenarios=[one.id for one in shown.lines],
                series_id=series_id,
                asked=[one.model_dump(mode="json") for one in scenarios],
                **self._rests_on(shown.stamp.name),
            ),
        )

    def staffing(
        self, caller: Caller, grounds: Grounds, model: str, changes: Mapping[str, float], scenario: Scenario | None
    ) -> tuple[str, StaffingPicture]:
        """People for a forecast, or for a scenario of it."""

        def compute() -> StaffingPicture:
            basis = self.basis(self.live(model))
            return staffing_picture(basis, changes, scenario, lambda: [self.basis(one) for one in self._demands()])

        def detail(shown: StaffingPicture) -> dict[str, Any]:
            beside = self._demands() if shown.plan.missing else ()
            asked = {
                "scenario": scenario.id if scenario else None,
                "asked": scenario.model_dump(mode="json") if scenario else None,
                "changes": dict(changes),
                "beside": [self._beside(one) for one in beside],
            }
            return self._planned(shown.stamp, "staffing", shown, **asked, **self._rests_on(shown.stamp.name))

        return self.desk.told(caller, Asked("see_forecast", "staffing", grounds), compute, detail)

    def channels(self, caller: Caller, grounds: Grounds, changes: Mapping[str, float]) -> tuple[str, ChannelPicture]:
        """The channel programme; it rests on its own figures and on no model."""

        def compute() -> ChannelPicture:
            config = accepted(lambda: changed(self.ground.channels, changes))
            return ChannelPicture(config, accepted(lambda: plan(config)))

        return self.desk.told(
            caller,
            Asked("see_forecast", "channels", grounds),
            compute,
            lambda shown: evidence_of_plan(None, self.desk.engine, "channels", solved=shown.plan.solved),
        )

    def sheet(
        self, caller: Caller, grounds: Grounds, name: str, content: bytes, horizon: int | None
    ) -> tuple[str, SheetForecast]:
        """The forecast of a sent sheet: nothing of it is kept, and only its size is logged."""

        def compute() -> SheetForecast:
            frame = accepted(lambda: sheet_frame(name, content))
            return accepted(lambda: forecast_sheet(frame, horizon, self._today()))

        def detail(shown: SheetForecast) -> dict[str, Any]:
            return evidence_of_plan(None, self.desk.engine, "sheet_forecast", series=len(shown.statuses))

        return self.desk.told(caller, Asked("see_forecast", "sheet_forecast", grounds), compute, detail)

    def flows(self, caller: Caller, grounds: Grounds) -> tuple[str, tuple[FlowPicture, ...]]:
        """Every live service chain."""
        return self.desk.told(
            caller,
            Asked("see_flow", "flow", grounds),
            lambda: tuple(one.picture for one in self.desk.engine.flows()),
            lambda shown: {
                "kind": "flow",
                "chains": [one.answer.chain for one in shown],
                "answers": [self._flow(one.answer)["answers"][0] for one in shown],
            },
        )

    def flow(self, caller: Caller, grounds: Grounds, chain: str) -> tuple[str, FlowPicture]:
        """One live service chain.  Raises NotYours for an unknown one, Unavailable without any."""
        return self.desk.told(
            caller,
            Asked("see_flow", "flow", grounds),
            lambda: self._chain(chain).picture,
            lambda shown: self._flow(shown.answer),
        )

    def what_if(self, caller: Caller, grounds: Grounds, chain: str, stage: str, hours: float) -> tuple[str, WhatIf]:
        """What more staffed hours a week at one stage change."""
        return self.desk.told(
            caller,
            Asked("see_flow", "flow", grounds),
            lambda: accepted(lambda: self._chain(chain).model.what_if(stage, hours)),
            lambda shown: self._planned(self._chain(chain).stamp, "what_if", shown, stage=stage, hours=hours),
        )

    def _chain(self, chain: str) -> LiveFlow:
        lives = self.desk.engine.flows()
        if not lives:
            raise no_model(FLOW_PREFIX.rstrip("_"))
        found = next((one for one in lives if one.picture.answer.chain == chain), None)
        if found is None:
            raise NotYours(refusal("no_such_chain"))
        return found

    def _flow(self, answer: FlowAnswer) -> dict[str, Any]:
        return self._planned(answer.stamp, "flow", answer, chain=answer.chain)

    def _today(self) -> date:
        return self.desk.records.now().date()

    def _demands(self) -> Sequence[LiveDemand]:
        return self.desk.engine.demands()

    def _beside(self, live: LiveDemand) -> dict[str, Any]:
        said: dict[str, Any] = evidence_of_plan(live.stamp, self.desk.engine, "forecast")["answers"][0]
        return {**said, "overrides": len(self._overrides(live.name))}

    def _overrides(self, model: str) -> tuple[Mapping[str, Any], ...]:
        return self.desk.records.kept(OVERRIDE_LOG, model=model)

    def _rests_on(self, model: str) -> dict[str, Any]:
        """What a planning answer rests on besides model and question; a replay starts from the same."""
        has_people = self.desk.engine.population() is not None
        return {
            "overrides": len(self._overrides(model)),
            "ground_sha256": self.ground.sha256,
            "population_sha256": self.desk.engine.data().snapshot_sha256 if has_people else None,
        }

    def _planned(self, stamp: Any, kind: str, shown: Any, **said: Any) -> dict[str, Any]:
        found = evidence_of_plan(stamp, self.desk.engine, kind, **said, answer_sha256=answer_sha256(shown))
        return {**found, "runtime": runtime()}
