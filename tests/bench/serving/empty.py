"""An empty BentoML endpoint: what the framework costs by itself, asked in the same run."""

import os

os.environ["BENTOML_DO_NOT_TRACK"] = "True"

import bentoml
from pydantic import BaseModel


class Nothing(BaseModel):
    """The same fields as a question about a client."""

    decision_point: str
    purpose: str
    client_id: str


@bentoml.service(name="Empty", workers=2, threads=4, logging={"access": {"enabled": False}}, metrics={"enabled": False})
class Empty:
    """Answers nothing."""

    @bentoml.api(route="/v1/empty", input_spec=Nothing)
    def empty(self, **_question: str) -> dict[str, str]:
        return {}
