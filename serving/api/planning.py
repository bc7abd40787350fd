"""Questions about demand, scenarios and service chains."""

from typing import Any

from starlette.responses import Response

from configs.errors import LuotainError
from configs.phrases import phrase_of
from models.answers import Text, json_values
from models.planning.scenarios.config import Scenario, scenario_of
from serving.api.planning_questions import FlowQuestion, ForecastQuestion, ScenarioQuestion
from serving.api.replies import Counter, FieldRefused, told
from serving.desk.requests import Caller, Grounds
from serving.pages.planner.saying import in_every_language
from serving.pages.planner.services import WrongInput
from serving.planning.desk import PlanningDesk
from serving.planning.kept.keeping import Keeper, about_nobody
from serving.planning.kept.records import SeriesPicture
from serving.refusals import refusal


class PlanningApi:
    """One method per address; each returns the finished HTTP answer."""

    def __init__(self, planning: PlanningDesk) -> None:
        self._planning, self._counter = planning, Counter(planning.desk)

    def forecast(self, question: ForecastQuestion) -> Response:
        """One forecast series, with its status, explanation and overrides beside the model's own numbers."""

        def ask(caller: Caller, grounds: Grounds) -> Response:
            model, period = question.model or "", question.period
            try:
                answer_id, picture = self._planning.picture(caller, grounds, model, question.series_id, period)
            except WrongInput:
                allowed = ", ".join(self._planning.live(model, question.series_id).periods(question.series_id))
                raise FieldRefused("period", refusal("field_not_allowed", field="period", allowed=allowed)) from None
            return told({**self._head(caller, grounds, answer_id), **forecast_values(picture)})

        return self._counter.answered("forecast", question, ask)

    def scenario(self, question: ScenarioQuestion) -> Response:
        """One scenario beside the base for one series."""

        def ask(caller: Caller, grounds: Grounds) -> Response:
            scenario = self._scenario(question)
            answer_id, found = self._planning.compare(
                caller, grounds, question.model or "", question.series_id, [scenario]
            )
            if not found.lines:
                raise FieldRefused("scenario", _scenario_refused(found.skipped[0][2]))
            return told({**self._head(caller, grounds, answer_id), **json_values(found)})

        return self._counter.answered("scenario", question, ask)

    def flow(self, question: FlowQuestion) -> Response:
        """One service chain."""

        def ask(caller: Caller, grounds: Grounds) -> Response:
            answer_id, found = self._planning.flow(caller, grounds, question.chain)
            return told({**self._head(caller, grounds, answer_id), **json_values(found.answer)})

        return self._counter.answered("flow", question, ask)

    def _head(self, caller: Caller, grounds: Grounds, answer_id: str) -> dict[str, Any]:
        ids = {"answer_id": answer_id, "request_id": caller.request_id}
        return {**ids, "decision_point": self._counter.point(grounds)}

    def _scenario(self, question: ScenarioQuestion) -> Scenario:
        if question.scenario_id is not None:
            chosen = Keeper(self._planning).chosen([question.scenario_id])
            if not chosen:
                raise FieldRefused("scenario_id", refusal("no_such_scenario", name=question.scenario_id))
            return chosen[0]
        try:
            return about_nobody(scenario_of(question.scenario or {}))
        except LuotainError as error:
            raise FieldRefused("scenario", _scenario_refused(phrase_of(error))) from None


def _scenario_refused(said: str) -> Text:
    """Why the planning rules refuse a scenario, in every language."""
    return {code: refusal("scenario_refused", why=why)[code] for code, why in in_every_language(said).items()}


def forecast_values(picture: SeriesPicture) -> dict[str, Any]:
    """The forecast answer as ever, and beside it what is known of the series.  Nothing that is not known is named."""
    beside = {
        "series_status": picture.status,
        "explanation": picture.explanation,
        "overrides": picture.overrides or None,
        "corrected": picture.corrected or None,
    }
    return {**json_values(picture.answer), **{name: json_values(told) for name, told in beside.items() if told}}
