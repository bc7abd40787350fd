"""The API's answers: the question checked against the registry of decision points, then asked at the desk."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from configs.errors import LuotainError
from configs.phrases import phrase_of
from models.answers import NeedAnswer, SegmentAnswer, Text, json_values
from models.flow.answers import FlowAnswer
from models.planning.scenarios.config import Scenario, scenario_of
from serving.api.questions import (
    ClientQuestion,
    CounterfactualQuestion,
    FlowQuestion,
    ForecastQuestion,
    NeedQuestion,
    Question,
    ScenarioQuestion,
    SegmentQuestion,
)
from serving.asking import Explored, GivenAnswer, NotAsked, axis_answers
from serving.middleware.context import CALLER, LANGUAGE
from serving.middleware.errors import Fault, fault_of_error, fault_of_status
from serving.pages.planner.saying import in_every_language
from serving.pages.services import NotAllowed, NotYours, Unavailable
from serving.planning.desk import PlanningDesk
from serving.planning.keeping import Keeper, about_nobody
from serving.planning.records import Comparison, SeriesPicture
from serving.refusals import refusal
from serving.requests import Caller, Desk, Grounds
from serving.settings import Answer

Said = tuple[str, SegmentAnswer | NeedAnswer | Explored | Comparison | FlowAnswer | Mapping[str, Any]]


class _Refused(Exception):
    """A field whose value the planning rules refuse."""

    def __init__(self, field: str, text: Text) -> None:
        super().__init__(text["en"])
        self.field, self.text = field, text


class Api:
    """One method per address; each returns the finished HTTP answer."""

    def __init__(self, desk: Desk, planning: PlanningDesk) -> None:
        self._desk = desk
        self._planning = planning

    def segment(self, question: SegmentQuestion) -> Response:
        """The proposed segment of one client."""

        given = [GivenAnswer(one.axis, one.level, one.respondent) for one in question.answers]
        try:
            by_hand = axis_answers(given, self._desk.engine.questions()) if given else ()
        except NotAsked as error:
            return _response(Fault(400, "invalid_field", error.text, error.field))

        def ask(caller: Caller, grounds: Grounds) -> Said:
            return self._desk.segment(caller, grounds, self._client(caller, question), by_hand)

        return self._answer("segment", question, ask)

    def need(self, question: NeedQuestion) -> Response:
        """The likelihood of one need task for one client."""
        if question.task not in self._desk.engine.tasks():
            return _response(_unknown("task", self._desk.engine.tasks()))

        def ask(caller: Caller, grounds: Grounds) -> Said:
            return self._desk.need(caller, grounds, self._client(caller, question), question.task)

        return self._answer("need", question, ask)

    def counterfactual(self, question: CounterfactualQuestion) -> Response:
        """What would change one estimate about one client."""
        if question.output not in self._desk.engine.outputs():
            return _response(_unknown("output", self._desk.engine.outputs()))

        def ask(caller: Caller, grounds: Grounds) -> Said:
            return self._desk.explore(caller, grounds, self._client(caller, question), question.output)

        return self._answer("counterfactual", question, ask)

    def forecast(self, question: ForecastQuestion) -> Response:
        """One forecast series, with its status, explanation and overrides beside the model's own numbers."""

        def ask(caller: Caller, grounds: Grounds) -> Said:
            found = self._planning.picture(caller, grounds, question.model or "", question.series_id)
            return found[0], forecast_values(found[1])

        return self._answer("forecast", question, ask)

    def scenario(self, question: ScenarioQuestion) -> Response:
        """One scenario beside the base for one series."""

        def ask(caller: Caller, grounds: Grounds) -> Said:
            scenario = self._scenario(question)
            found = self._planning.compare(caller, grounds, question.model or "", question.series_id, [scenario])
            if not found[1].lines:
                raise _Refused("scenario", _scenario_refused(found[1].skipped[0][2]))
            return found

        return self._answer("scenario", question, ask)

    def flow(self, question: FlowQuestion) -> Response:
        """One service chain."""

        def ask(caller: Caller, grounds: Grounds) -> Said:
            found = self._planning.flow(caller, grounds, question.chain)
            return found[0], found[1].answer

        return self._answer("flow", question, ask)

    def _scenario(self, question: ScenarioQuestion) -> Scenario:
        if question.scenario_id is not None:
            chosen = Keeper(self._planning).chosen([question.scenario_id])
            if not chosen:
                raise _Refused("scenario_id", refusal("no_such_scenario", name=question.scenario_id))
            return chosen[0]
        try:
            return about_nobody(scenario_of(question.scenario or {}))
        except LuotainError as error:
            raise _Refused("scenario", _scenario_refused(phrase_of(error))) from None

    def _client(self, caller: Caller, question: ClientQuestion) -> str:
        """The pseudonym of the client asked about; a search by henkilötunnus is checked and logged as one."""
        if question.henkilotunnus is not None:
            return self._desk.search(caller, question.henkilotunnus)
        return question.client_id or ""

    def _answer(self, kind: Answer, question: Question, ask: Callable[[Caller, Grounds], Said]) -> Response:
        caller = CALLER.get()
        fault = fault_of_status(401) if caller is None else self._unregistered(kind, question)
        if fault is not None or caller is None:
            return _response(fault or fault_of_status(401))
        try:
            answer_id, answer = ask(caller, Grounds(question.decision_point, question.purpose))
        except (NotYours, NotAllowed, Unavailable) as error:
            return _response(fault_of_error(error))
        except _Refused as error:
            return _response(Fault(400, "invalid_field", error.text, error.field))
        values = answer if isinstance(answer, Mapping) else json_values(answer)
        said = {"answer_id": answer_id, "request_id": caller.request_id, **values}
        return Response(json.dumps(said, allow_nan=False, ensure_ascii=False), media_type="application/json")

    def _unregistered(self, kind: Answer, question: Question) -> Fault | None:
        settings = self._desk.settings
        points = [name for name, point in settings.decision_points.items() if kind in point.answers]
        if question.decision_point not in points:
            return _unknown("decision_point", points)
        return None if question.purpose in settings.purposes else _unknown("purpose", settings.purposes)


def _scenario_refused(said: str) -> Text:
    """Why the planning rules refuse a scenario, in every language."""
    return {code: refusal("scenario_refused", why=why)[code] for code, why in in_every_language(said).items()}


def _unknown(field: str, allowed: Any) -> Fault:
    return Fault(400, "invalid_field", refusal("field_not_allowed", field=field, allowed=", ".join(allowed)), field)


def _response(fault: Fault) -> Response:
    headers = dict(fault.headers or {})
    return Response(fault.body("", LANGUAGE.get()), fault.status, headers=headers, media_type="application/json")


def forecast_values(picture: SeriesPicture) -> dict[str, Any]:
    """The forecast answer as ever, and beside it what is known of the series.  Nothing that is not known is named."""
    beside = {
        "series_status": picture.status,
        "explanation": picture.explanation,
        "overrides": picture.overrides or None,
        "corrected": picture.corrected or None,
    }
    return {**json_values(picture.answer), **{name: json_values(told) for name, told in beside.items() if told}}
