"""The API's description with values that the fake engine knows, so that a fuzzer gets behind the first refusal."""

import copy

from serving.api.description import description
from tests.serving.fake_engine import HENKILOTUNNUS, MINE, MINE_TOO, OTHERS, SEGMENTS, STRANGER
from tests.serving.live_models import SERIES

TASKS = ["heavier_home_care_6m", "all"]
STAY = {
    "birth_year": 1940, "sex": "female", "language": "fi", "municipality": "901", "history_start": "2020-01-01",
    "valid_from": "2020-01-01", "non_disclosure": False, "recorded_at": "2020-01-02T08:00:00",
}  # fmt: skip
CLOSING = {
    "id": "closing",
    **{name: {"fi": "Sulku", "sv": "Stängning", "en": "Closing"} for name in ("name", "description")},
    "base_year": 2023,
    "supply": [{"kind": "closing", "unit": {"area": ["902"]}, "other": {"area": ["901"]}, "starts": "2025-01-01"}],
}
LEVELS = [{"axis": "resources", "level": "high"}, {"axis": "complexity", "level": "low", "respondent": "relative"}]
CLIENTS = [MINE, MINE_TOO, OTHERS, STRANGER]
ITEMS = [
    *({"client_id": client, "task": TASKS[0]} for client in CLIENTS),
    *({"client_id": client} for client in CLIENTS),
    {"henkilotunnus": HENKILOTUNNUS},
    {"client_id": "zz"},
    {},
]
KNOWN = {
    "client_id": [MINE, MINE, MINE_TOO, OTHERS],
    "henkilotunnus": [HENKILOTUNNUS],
    "task": TASKS,
    "output": ["complexity", "heavier_home_care_6m"],
    "series_id": [SERIES],
    "model": [None],
    "chain": ["home_care"],
    "scenario": [CLOSING],
    "scenario_id": ["closing_of_a_service_point"],
    "answers": [[], LEVELS, LEVELS[:1]],
    "tables": [{}, {"residents": [STAY]}, {"residents": [STAY], "contacts": []}],
    "as_of": ["2024-02-01", "2024-02-29"],
    "segment": list(SEGMENTS),
    "routing_target": ["own_worker", None],
    "urgency": ["at_once", None],
    "filters": [{}, {"role": "coordinator"}],
    "since": [None, "2026-11-21"],
    "until": [None, "2026-11-21"],
}
HARD = frozenset({"henkilotunnus", "scenario_id"})
"""Alternatives that are left to the fuzzer without a seed that always works."""


def seeded(settings, answer_id):
    """The description as the service tells it, its fields narrowed to what is known here."""
    said = copy.deepcopy(description(settings))
    for path, operations in said["paths"].items():
        schema = operations["post"]["requestBody"]["content"]["application/json"]["schema"]
        fields = schema["properties"]
        for name in fields.keys() & KNOWN.keys():
            fields[name] = {"enum": KNOWN[name]}
        if "items" in fields:
            fields["items"] = {"type": "array", "minItems": 1, "maxItems": 5, "items": {"enum": ITEMS}}
        if path == "/v1/decision":
            fields["client_id"] = {"enum": [MINE]}
            fields["answer_id"] = {"enum": [answer_id]}
            fields["reason"] = {"type": "string", "pattern": "^[a-zåäö]{3,20}$"}
            schema["required"] = [*schema["required"], "reason", "segment"]
        if path == "/v1/alert-decision":
            fields["client_id"], fields["alert"] = {"enum": [MINE]}, {"enum": ["frequent_emergency"]}
            fields["reason"] = {"type": "string", "pattern": "^[a-zåäö]{3,20}$"}
            fields["reason_code"] = {"enum": ["handled", "other"]}
            schema["required"] = [*schema["required"], "reason", "reason_code"]
        if path == "/v1/log":
            fields["size"], fields["page"] = {"enum": [1, 50, 200]}, {"enum": [1, 2]}
    return said
