"""The door to BentoML: one service, its addresses, and the pages mounted at the root.

`bentoml serve serving.service:Luotain` works; `python -m serving.serve` checks first and chooses port and workers.
"""

import os

os.environ["BENTOML_DO_NOT_TRACK"] = "True"  # before the import: BentoML asks once
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"

from functools import cache, partial
from typing import Any

import bentoml
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from serving.api.acting import ActingApi
from serving.api.clients import ClientApi
from serving.api.description import description
from serving.api.planning import PlanningApi
from serving.api.planning_questions import FlowQuestion, ForecastQuestion, ScenarioQuestion
from serving.api.questions import (
    AlertDecisionQuestion,
    CounterfactualQuestion,
    DecisionQuestion,
    ExplainQuestion,
    LogQuestion,
    NeedBatch,
    NeedQuestion,
    NeedRowsQuestion,
    ReviewSampleQuestion,
    SegmentBatch,
    SegmentQuestion,
    SegmentRowsQuestion,
)
from serving.api.rows import RowsApi
from serving.api.subjects import subjects_of
from serving.engine.engine import RegisterEngine
from serving.house import House, build_house
from serving.middleware.guard import Guard
from serving.middleware.quiet import silence_values
from serving.settings import load_settings
from serving.starting import worker_options


def service_of(house: House) -> Any:
    """The BentoML service over a house."""
    settings, desk = house.settings, house.desk
    clients, planning, acting = ClientApi(desk, subjects_of(settings)), PlanningApi(house.planning), ActingApi(desk)
    rows = RowsApi(desk, clients)

    def header(name: str) -> str:
        """A header of the request in progress."""
        return str(service.context.request.headers.get(name, ""))

    def accept() -> str:
        return header("accept")

    @bentoml.service(**worker_options(settings))
    class Luotain:
        """Segments, needs and forecasts, explained."""

        def __init__(self) -> None:
            silence_values()

        @bentoml.on_startup
        def begin(self) -> None:
            """Load registers and models in the background: the port answers at once, `/readyz` tells when."""
            start = getattr(house.desk.engine, "start", None)
            if start:
                start()

        @bentoml.on_shutdown
        def end(self) -> None:
            """Stop loading, note where the logs stand, and let go of the databases."""
            house.witness.note_heads(house.desk.records)
            stop = getattr(house.desk.engine, "stop", None)
            if stop:
                stop()
            house.close()

        def __is_ready__(self) -> bool:
            """True when registers and every served model are there."""
            return not house.desk.engine.missing()

        @bentoml.api(route="/v1/segment", input_spec=SegmentQuestion)
        def segment(self, **question: Any) -> dict[str, Any]:
            """The proposed customership segment of one client, with reasons per axis and suggested routing."""
            return clients.segment(SegmentQuestion(**question), accept())  # type: ignore[return-value]

        @bentoml.api(route="/v1/segment/batch", input_spec=SegmentBatch)
        def segment_batch(self, **question: Any) -> dict[str, Any]:
            """Segments of several clients: each answered or refused by itself, in the order sent."""
            return clients.segment_batch(SegmentBatch(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/segment/rows", input_spec=SegmentRowsQuestion)
        def segment_rows(self, **question: Any) -> dict[str, Any]:
            """The proposed segment of a client whose rows come with the question; they are not kept."""
            return rows.segment(SegmentRowsQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/need", input_spec=NeedQuestion)
        def need(self, **question: Any) -> dict[str, Any]:
            """How likely one need, or every need, is for one client within its horizon, with reasons."""
            return clients.need(NeedQuestion(**question), accept())  # type: ignore[return-value]

        @bentoml.api(route="/v1/need/batch", input_spec=NeedBatch)
        def need_batch(self, **question: Any) -> dict[str, Any]:
            """Needs of several clients: each answered or refused by itself, in the order sent."""
            return clients.need_batch(NeedBatch(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/need/rows", input_spec=NeedRowsQuestion)
        def need_rows(self, **question: Any) -> dict[str, Any]:
            """The likelihood of a need for a client whose rows come with the question; they are not kept."""
            return rows.need(NeedRowsQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/explain", input_spec=ExplainQuestion)
        def explain(self, **question: Any) -> dict[str, Any]:
            """Why one estimate is what it is: every contribution, the missing information, the data's age."""
            return clients.explain(ExplainQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/counterfactual", input_spec=CounterfactualQuestion)
        def counterfactual(self, **question: Any) -> dict[str, Any]:
            """What would change one estimate: how the model behaves, not advice."""
            return clients.counterfactual(CounterfactualQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/decision", input_spec=DecisionQuestion)
        def decision(self, **question: Any) -> dict[str, Any]:
            """Record what the professional decided about a shown answer; sent twice under one key, it is one."""
            return acting.decision(DecisionQuestion(**question), header("idempotency-key"))  # type: ignore[return-value]

        @bentoml.api(route="/v1/alert-decision", input_spec=AlertDecisionQuestion)
        def alert_decision(self, **question: Any) -> dict[str, Any]:
            """Record what the professional says of one alert; sent twice under one key, it is one."""
            return acting.alert_decision(AlertDecisionQuestion(**question), header("idempotency-key"))  # type: ignore[return-value]

        @bentoml.api(route="/v1/forecast", input_spec=ForecastQuestion)
        def forecast(self, **question: Any) -> dict[str, Any]:
            """The demand forecast of one series, with intervals and back-test error."""
            return planning.forecast(ForecastQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/scenario", input_spec=ScenarioQuestion)
        def scenario(self, **question: Any) -> dict[str, Any]:
            """A scenario beside the forecast of one series, with the difference and its interval."""
            return planning.scenario(ScenarioQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/flow", input_spec=FlowQuestion)
        def flow(self, **question: Any) -> dict[str, Any]:
            """A service chain: stages, their lines ahead with intervals, and where it is held up."""
            return planning.flow(FlowQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/log", input_spec=LogQuestion)
        def log(self, **question: Any) -> dict[str, Any]:
            """One page of the audit or decision log, newest first; looking at it is logged."""
            return acting.log(LogQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/review-sample", input_spec=ReviewSampleQuestion)
        def review_sample(self, **question: Any) -> dict[str, Any]:
            """The random samples of clients who were not selected, in numbers; small cells hidden."""
            return acting.review_sample(ReviewSampleQuestion(**question))  # type: ignore[return-value]

    service: Any = Luotain

    described = cache(partial(description, settings))

    async def describe(_request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(described))

    # A Starlette with everything under "/": BentoML's index page, which loads a third party's tracker, is out of reach.
    service.mount_asgi_app(Starlette(routes=[Route("/docs.json", describe), Mount("/", house.pages)]), path="/")
    service.add_asgi_middleware(Guard, rules=house.rules)
    return service


def _open() -> Any:
    settings = load_settings()
    return service_of(build_house(settings, RegisterEngine(settings)))


Luotain = _open()
