"""What the API answers, as JSON schemas made from the answer records themselves."""

from typing import Any

from pydantic import TypeAdapter

from models.answers import ForecastAnswer, Likelihood, Missing, ModelStamp, NeedAnswer, SegmentAnswer, SourceAge
from models.flow.answers import FlowAnswer
from models.segments.routing import Routing
from serving.api.acting import ALERT_RECORDED, RECORDED
from serving.desk.asking import Explored
from serving.pages.coordinator.services import ReviewCounts
from serving.planning.kept.records import Comparison

Schema = dict[str, Any]
RECORDS: tuple[type, ...] = (
    SegmentAnswer, NeedAnswer, ForecastAnswer, FlowAnswer, Comparison, Explored,
    Likelihood, Missing, SourceAge, ModelStamp, Routing, ReviewCounts,
)  # fmt: skip
ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
TEXT: Schema = {"type": "string"}
WORDS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
COUNT: Schema = {"type": "integer", "minimum": 0}
POINT: Schema = {
    "type": "object",
    "properties": {
        "id": TEXT,
        "text": WORDS,
        "horizon_days": {"type": ["integer", "null"]},
        "reasons": {"type": "integer", "minimum": 1, "maximum": 5},
    },
    "required": ["id", "text", "horizon_days", "reasons"],
    "additionalProperties": False,
}


def answer_schemas(reference: str) -> dict[str, Schema]:
    """Every answer by name, and the records that they are made of."""
    parts: dict[str, Schema] = {}
    for record in RECORDS:
        schema = TypeAdapter(record).json_schema(mode="serialization", ref_template=reference)
        parts |= schema.pop("$defs", {})
        parts[record.__name__] = parts[record.__name__] if "$ref" in schema else schema
    exact = {name: _exact(part) for name, part in parts.items()}
    return {**exact, **_replies(exact, reference)}


def error_schema() -> Schema:
    """The one shape of a refusal."""
    said = {"code": TEXT, "message": TEXT, "field": {"type": ["string", "null"]}, "request_id": TEXT}
    return _object({"error": _object(said)})


def _replies(parts: dict[str, Schema], reference: str) -> dict[str, Schema]:
    def ref(name: str) -> Schema:
        return {"$ref": reference.format(model=name)}

    ids = {"answer_id": ID, "request_id": ID}
    head = {**ids, "decision_point": POINT}
    routed = {**parts["SegmentAnswer"]["properties"], "routing": ref("Routing")}
    need = parts["NeedAnswer"]["properties"]
    needs = {"answers": {"type": "array", "items": ref("NeedAnswer")}}
    shared = ("stamp", "status", "status_reason", "missing", "sources", "freshness", "notice")
    posted = {**head, "input_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}
    beside: Schema = {name: {} for name in ("series_status", "explanation", "overrides", "corrected")}
    forecast = _object({**head, **parts["ForecastAnswer"]["properties"], **beside})
    return {
        "SegmentReply": _object({**head, **routed}),
        "SegmentRowsReply": _object({**posted, **routed}),
        "SegmentBatchReply": _batch(_object(routed)),
        "NeedReply": {"anyOf": [_object({**head, **need}), _object({**head, **needs})]},
        "NeedRowsReply": {"anyOf": [_object({**posted, **need}), _object({**posted, **needs})]},
        "NeedBatchReply": _batch({"anyOf": [ref("NeedAnswer"), _object(needs)]}),
        "ExplainReply": _object({**head, "estimate": ref("Likelihood"), **{name: need[name] for name in shared}}),
        "CounterfactualReply": _object({**head, **parts["Explored"]["properties"]}),
        "DecisionReply": _object({name: {"type": ["string", "null"]} for name in RECORDED}),
        "AlertDecisionReply": _object({name: {"type": ["string", "null"]} for name in ALERT_RECORDED}),
        "ForecastReply": {**forecast, "required": [name for name in forecast["required"] if name not in beside]},
        "ScenarioReply": _object({**head, **parts["Comparison"]["properties"]}),
        "FlowReply": _object({**head, **parts["FlowAnswer"]["properties"]}),
        "LogReply": _log(ids),
        "ReviewSampleReply": _object({"request_id": ID, "samples": {"type": "array", "items": ref("ReviewCounts")}}),
    }


def _batch(answer: Schema) -> Schema:
    error = _object({"code": TEXT, "message": TEXT, "field": {"type": ["string", "null"]}})
    result = {
        "index": COUNT,
        "status": {"type": "integer"},
        "answer_id": {"anyOf": [ID, {"type": "null"}]},
        "answer": {"anyOf": [answer, {"type": "null"}]},
        "error": {"anyOf": [error, {"type": "null"}]},
    }
    return _object({"request_id": ID, "decision_point": POINT, "results": {"type": "array", "items": _object(result)}})


def _log(ids: Schema) -> Schema:
    entry = {"type": "object", "properties": {"seq": COUNT}, "required": ["seq"], "additionalProperties": TEXT}
    said = {
        "log": {"enum": ["audit", "decisions"]},
        "columns": {"type": "array", "items": TEXT},
        "entries": {"type": "array", "items": entry},
        "total": COUNT,
        "page": COUNT,
        "pages": COUNT,
    }
    return _object({**ids, **said})


def _object(properties: dict[str, Any]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _exact(part: Schema) -> Schema:
    """A record is written with all of its fields and no other."""
    is_record = part.get("type") == "object" and "properties" in part
    return {**part, **_object(part["properties"])} if is_record else part
