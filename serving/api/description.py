"""The API's own description (OpenAPI 3.1), made from the question and answer models themselves.

`python -m serving.api.description > docs/openapi.json` writes the document that is checked in; a test keeps it equal to
the code.  The running service adds what its config allows for `decision_point` and `purpose` (`/docs.json`).
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from configs.command import say
from serving.api.planning_questions import FlowQuestion, ForecastQuestion, ScenarioQuestion
from serving.api.questions import (
    AlertDecisionQuestion,
    CounterfactualQuestion,
    DecisionQuestion,
    ExplainQuestion,
    LogQuestion,
    NeedBatch,
    NeedItem,
    NeedQuestion,
    NeedRowsQuestion,
    ReviewSampleQuestion,
    SegmentBatch,
    SegmentItem,
    SegmentQuestion,
    SegmentRowsQuestion,
)
from serving.api.schemas import answer_schemas, error_schema
from serving.middleware.errors import BY_STATUS
from serving.refusals import refusal
from serving.settings import Answer, ServingSettings

VERSION = "1.0.0"
REFUSALS = (400, 401, 403, 404, 405, 408, 413, 415, 429, 431, 500, 503, 504)
REFERENCE = "#/components/schemas/{model}"
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The same key and the same body give the same answer and one record; another body gives 409",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,200}$"},
}
LANGUAGE = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "Language of refusals: fi (default), sv or en",
    "schema": {"type": "string", "enum": ["fi", "sv", "en"]},
}


@dataclass(frozen=True)
class Operation:
    """One address: what is asked, and which kind of answer a decision point must allow."""

    path: str
    question: type[BaseModel]
    kind: Answer
    tag: str = "clients"
    fhir: bool = False

    @property
    def name(self) -> str:
        """segment_batch of /v1/segment/batch."""
        return self.path.removeprefix("/v1/").replace("/", "_").replace("-", "_")

    @property
    def answer(self) -> str:
        """The schema of what is answered."""
        return f"{''.join(part.capitalize() for part in self.name.split('_'))}Reply"


OPERATIONS: tuple[Operation, ...] = (
    Operation("/v1/segment", SegmentQuestion, "segment", fhir=True),
    Operation("/v1/segment/batch", SegmentBatch, "segment"),
    Operation("/v1/segment/rows", SegmentRowsQuestion, "segment"),
    Operation("/v1/need", NeedQuestion, "need", fhir=True),
    Operation("/v1/need/batch", NeedBatch, "need"),
    Operation("/v1/need/rows", NeedRowsQuestion, "need"),
    Operation("/v1/explain", ExplainQuestion, "explain"),
    Operation("/v1/counterfactual", CounterfactualQuestion, "counterfactual"),
    Operation("/v1/decision", DecisionQuestion, "decision"),
    Operation("/v1/alert-decision", AlertDecisionQuestion, "decision"),
    Operation("/v1/forecast", ForecastQuestion, "forecast", "planning"),
    Operation("/v1/scenario", ScenarioQuestion, "scenario", "planning"),
    Operation("/v1/flow", FlowQuestion, "flow", "planning"),
    Operation("/v1/log", LogQuestion, "log", "oversight"),
    Operation("/v1/review-sample", ReviewSampleQuestion, "review_sample", "oversight"),
)


def description(settings: ServingSettings | None = None) -> dict[str, Any]:
    """The whole document; with `settings` the registered decision points and purposes are listed per address."""
    schemas = {**answer_schemas(REFERENCE), "Error": error_schema(), **_forms()}
    paths = {one.path: {"post": _operation(one, settings)} for one in OPERATIONS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Luotain",
            "version": VERSION,
            "description": "Explained segments, needs and forecasts. The model informs; the professional decides.",
        },
        "security": [{"bearer": []}],
        "tags": [{"name": name} for name in ("clients", "planning", "oversight")],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": {str(status): _refusal(status) for status in (*REFUSALS, 409)},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Operation, settings: ServingSettings | None) -> dict[str, Any]:
    refusals = (*REFUSALS, 409) if one.kind == "decision" else REFUSALS
    content: dict[str, Any] = {"application/json": {"schema": {"$ref": REFERENCE.format(model=one.answer)}}}
    if one.fhir:
        content["application/fhir+json"] = {"schema": {"type": "object", "required": ["resourceType"]}}
    answered = {"description": "Answered, and in the audit log", "content": content}
    return {
        "operationId": one.name,
        "summary": " ".join((one.question.__doc__ or "").split()),
        "tags": [one.tag],
        "parameters": [LANGUAGE, *([IDEMPOTENCY] if one.kind == "decision" else [])],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _question(one, settings)}}},
        "responses": {
            "200": answered,
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(refusals)},
        },
    }


def _question(one: Operation, settings: ServingSettings | None) -> dict[str, Any]:
    """The body's schema, every part of it in place."""
    schema = _inlined(one.question.model_json_schema())
    if settings is not None:
        points = [name for name, point in settings.decision_points.items() if one.kind in point.answers]
        for field, allowed in (("decision_point", points), ("purpose", list(settings.purposes))):
            schema["properties"][field]["enum"] = allowed
    return _one_of(schema)


def _one_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Exactly one of two names of the same thing is required; a description says so by two alternatives."""
    for pair in (("client_id", "henkilotunnus"), ("scenario", "scenario_id")):
        if set(pair) <= set(schema["properties"]):
            for name in pair:
                part = schema["properties"][name]
                schema["properties"][name] = {**part.pop("anyOf")[0], "description": part.get("description", "")}
            schema["oneOf"] = [{"required": [name]} for name in pair]
    return schema


def _forms() -> dict[str, Any]:
    """The items of batches, which are read one by one."""
    forms = {form.__name__: _one_of(_inlined(form.model_json_schema())) for form in (SegmentItem, NeedItem)}
    return {name: {**schema, "description": " ".join(schema["description"].split())} for name, schema in forms.items()}


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without references to its own `$defs`."""
    parts: Mapping[str, Any] = schema.pop("$defs", {})

    def whole(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return whole(copy.deepcopy(parts[value["$ref"].rsplit("/", 1)[-1]]))
            return {name: whole(part) for name, part in value.items() if name != "title" or not isinstance(part, str)}
        return [whole(part) for part in value] if isinstance(value, list) else value

    found: dict[str, Any] = whole(schema)
    return found


def _refusal(status: int) -> dict[str, Any]:
    said = refusal(BY_STATUS.get(status, "internal_error"))["en"]
    return {
        "description": said,
        "content": {"application/json": {"schema": {"$ref": REFERENCE.format(model="Error")}}},
    }


if __name__ == "__main__":
    say(json.dumps(description(), indent=1, ensure_ascii=False, sort_keys=True))
