"""The door to BentoML: one service, its addresses, and the pages mounted at the root.

`bentoml serve serving.service:Luotain` works; `python -m serving.serve` checks first and chooses port and workers.
"""

import os

os.environ["BENTOML_DO_NOT_TRACK"] = "True"  # before the import: BentoML asks once
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"

from typing import Any

import bentoml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from serving.api.answers import Api
from serving.api.questions import (
    CounterfactualQuestion,
    FlowQuestion,
    ForecastQuestion,
    NeedQuestion,
    ReviewSampleQuestion,
    ScenarioQuestion,
    SegmentQuestion,
)
from serving.engine.engine import RegisterEngine
from serving.house import House, build_house
from serving.middleware.guard import Guard
from serving.middleware.quiet import silence_values
from serving.settings import load_settings

SPARE_SECONDS = 30
"""BentoML's own time limit lies this much behind the middleware's, which answers in our shape."""


def service_of(house: House) -> Any:
    """The BentoML service over a house."""
    settings, api = house.settings, Api(house.desk, house.planning)

    @bentoml.service(
        name="Luotain",
        workers=settings.workers,
        threads=settings.threads,
        traffic={"timeout": settings.timeout_seconds + SPARE_SECONDS},
        logging={"access": {"enabled": False}},  # it would print addresses
        metrics={"enabled": False},  # its labels are raw paths, handles included
        monitoring={"enabled": False},
    )
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
            """The proposed customership segment of one client, with reasons per axis."""
            return api.segment(SegmentQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/need", input_spec=NeedQuestion)
        def need(self, **question: Any) -> dict[str, Any]:
            """How likely one need is for one client within its horizon, with reasons."""
            return api.need(NeedQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/counterfactual", input_spec=CounterfactualQuestion)
        def counterfactual(self, **question: Any) -> dict[str, Any]:
            """What would change one estimate: how the model behaves, not advice."""
            return api.counterfactual(CounterfactualQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/forecast", input_spec=ForecastQuestion)
        def forecast(self, **question: Any) -> dict[str, Any]:
            """The demand forecast of one series, with intervals and back-test error."""
            return api.forecast(ForecastQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/scenario", input_spec=ScenarioQuestion)
        def scenario(self, **question: Any) -> dict[str, Any]:
            """A scenario beside the forecast of one series, with the difference and its interval."""
            return api.scenario(ScenarioQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/flow", input_spec=FlowQuestion)
        def flow(self, **question: Any) -> dict[str, Any]:
            """A service chain: stages, their lines ahead with intervals, and where it is held up."""
            return api.flow(FlowQuestion(**question))  # type: ignore[return-value]

        @bentoml.api(route="/v1/review-sample", input_spec=ReviewSampleQuestion)
        def review_sample(self, **question: Any) -> dict[str, Any]:
            """The random samples of clients who were not selected, in numbers; small cells hidden."""
            return api.review_sample(ReviewSampleQuestion(**question))  # type: ignore[return-value]

    service: Any = Luotain

    async def describe(_request: Request) -> Response:
        return JSONResponse(service.openapi_spec.asdict())

    # A Starlette with everything under "/": BentoML's index page, which loads a third party's tracker, is out of reach.
    service.mount_asgi_app(Starlette(routes=[Route("/docs.json", describe), Mount("/", house.pages)]), path="/")
    service.add_asgi_middleware(Guard, rules=house.rules)
    return service


def _open() -> Any:
    settings = load_settings()
    return service_of(build_house(settings, RegisterEngine(settings)))


Luotain = _open()
