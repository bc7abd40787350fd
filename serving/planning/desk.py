"""Questions about forecasts, answered at the service's desk: right checked, computed, logged, and only then shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from configs.errors import LuotainError
from configs.phrases import Phrase, phrase_of
from models.answers import json_values
from models.demand.sheet_default import SheetForecast, forecast_sheet
from models.flow.whatif import WhatIf
from models.names import DEMAND_PREFIX, FLOW_PREFIX
from models.planning.ages import AgeStructure
from models.planning.base import Base
from models.planning.channels.plan import plan
from models.planning.scenarios.config import Scenario
from models.planning.staffing.plan import staff
from serving.engine.case import no_model
from serving.pages.planner.services import WrongInput
from serving.pages.services import NotYours
from serving.planning.assumptions import changed, counted_contacts, tried_queues
from serving.planning.comparing import applied, compared_lines, periods_of
from serving.planning.corrections import Stored, corrected_over, stored_of
from serving.planning.ground import Ground, people_of
from serving.planning.live import LiveDemand, LiveFlow
from serving.planning.records import ChannelPicture, Comparison, FlowPicture, SeriesPicture, StaffingPicture
from serving.planning.sheets import sheet_frame
from serving.records.evidence import evidence, evidence_of_plan, sha256_of
from serving.records.schema import OVERRIDE_LOG
from serving.refusals import refusal
from serving.requests import Asked, Caller, Desk, Grounds

T = TypeVar("T")


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
        return stored_of(self.desk.records.kept(OVERRIDE_LOG, model=live.name), live.base)

    def forecasts(self) -> list[tuple[Base, AgeStructure | None]]:
        """Every live forecast with its population: what a scenario must fit one of."""
        return [(live.base, self._people(live)) for live in self.desk.engine.demands()]

    def base(self, live: LiveDemand) -> Base:
        """The forecast as planned with: overridden where planners changed it."""
        return self.stored(live).base(live.base)

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

        def compute() -> Comparison:
            live = self.live(model, series_id)
            stored = self.stored(live)
            base = stored.base(live.base)
            found = applied(scenarios, base, self.ground, self._people(live))
            first, lines = compared_lines(base, found.results, series_id)
            one = base.one(series_id)
            return Comparison(
                stamp=live.stamp,
                series_id=series_id,
                name=one.name,
                unit=one.unit,
                period=base.period,
                periods=periods_of(base, series_id),
                base=first,
                lines=lines,
                skipped=found.skipped,
                overridden=bool(stored.corrected(series_id)),
                notice=live.notice,
            )

        return self.desk.told(
            caller,
            Asked("see_forecast", "scenario", grounds),
            compute,
            lambda shown: self._planned(shown.stamp, "scenario", shown, scenarios=[one.id for one in shown.lines]),
        )

    def staffing(
        self, caller: Caller, grounds: Grounds, model: str, changes: Mapping[str, float], scenario: Scenario | None
    ) -> tuple[str, StaffingPicture]:
        """People for a forecast, or for a scenario of it."""

        def compute() -> StaffingPicture:
            live = self.live(model)
            base, config = self.base(live), _accepted(lambda: changed(self.ground.staffing, changes))
            table = None
            if scenario is not None:
                found = applied([scenario], base, self.ground, self._people(live))
                if not found.results:
                    raise WrongInput(found.skipped[0][2])
                table = found.results[0].table
            people = _accepted(lambda: staff(base, config, table))
            name = scenario.name.as_text() if scenario is not None else None
            others = [(one.name, self.base(one)) for one in self.desk.engine.demands()] if people.missing else []
            counted = counted_contacts(others, config, base.period)
            tried = _accepted(lambda: tried_queues(config, people, changes, base.period, counted))
            return StaffingPicture(live.stamp, base.period, config, people, live.area_names, name, live.notice, tried)

        def detail(shown: StaffingPicture) -> dict[str, Any]:
            return evidence_of_plan(
                shown.stamp, self.desk.engine, "staffing", scenario=scenario.id if scenario else None
            )

        return self.desk.told(caller, Asked("see_forecast", "staffing", grounds), compute, detail)

    def channels(self, caller: Caller, grounds: Grounds, changes: Mapping[str, float]) -> tuple[str, ChannelPicture]:
        """The channel programme; it rests on its own figures and on no model."""

        def compute() -> ChannelPicture:
            config = _accepted(lambda: changed(self.ground.channels, changes))
            return ChannelPicture(config, _accepted(lambda: plan(config)))

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
            frame = _accepted(lambda: sheet_frame(name, content))
            return _accepted(lambda: forecast_sheet(frame, horizon, self._today()))

        def detail(shown: SheetForecast) -> dict[str, Any]:
            return evidence_of_plan(None, self.desk.engine, "sheet_forecast", series=len(shown.statuses))

        return self.desk.told(caller, Asked("see_forecast", "sheet_forecast", grounds), compute, detail)

    def flows(self, caller: Caller, grounds: Grounds) -> tuple[str, tuple[FlowPicture, ...]]:
        """Every live service chain."""
        return self.desk.told(
            caller,
            Asked("see_flow", "flow", grounds),
            lambda: tuple(one.picture for one in self.desk.engine.flows()),
            lambda shown: evidence_of_plan(None, self.desk.engine, "flow", chains=[one.answer.chain for one in shown]),
        )

    def flow(self, caller: Caller, grounds: Grounds, chain: str) -> tuple[str, FlowPicture]:
        """One live service chain.  Raises NotYours for an unknown one, Unavailable without any."""
        return self.desk.told(
            caller,
            Asked("see_flow", "flow", grounds),
            lambda: self._chain(chain).picture,
            lambda shown: self._planned(shown.answer.stamp, "flow", shown.answer, chain=chain),
        )

    def what_if(self, caller: Caller, grounds: Grounds, chain: str, stage: str, hours: float) -> tuple[str, WhatIf]:
        """What more staffed hours a week at one stage change."""
        return self.desk.told(
            caller,
            Asked("see_flow", "flow", grounds),
            lambda: _accepted(lambda: self._chain(chain).model.what_if(stage, hours)),
            lambda shown: self._planned(self._chain(chain).stamp, "what_if", shown, chain=chain, hours=hours),
        )

    def _chain(self, chain: str) -> LiveFlow:
        lives = self.desk.engine.flows()
        if not lives:
            raise no_model(FLOW_PREFIX.rstrip("_"))
        found = next((one for one in lives if one.picture.answer.chain == chain), None)
        if found is None:
            raise NotYours(refusal("no_such_chain"))
        return found

    def _people(self, live: LiveDemand) -> Any:
        return people_of(self.desk.engine.population(), live.areas)

    def _today(self) -> date:
        return self.desk.records.now().date()

    def _planned(self, stamp: Any, kind: str, shown: Any, **said: Any) -> dict[str, Any]:
        return evidence_of_plan(stamp, self.desk.engine, kind, **said, answer_sha256=sha256_of(json_values(shown)))


def _accepted(compute: Callable[[], T]) -> T:
    """What was computed; what the rules refuse is the asker's to correct."""
    try:
        return compute()
    except LuotainError as error:
        raise WrongInput(phrase_of(error), getattr(error, "faults", ())) from None
