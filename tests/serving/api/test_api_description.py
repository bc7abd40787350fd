"""The checked-in description is the code's own, every address is in it, and every refusal has the one shape."""

import json

import pytest

from configs.loader import PROJECT_ROOT
from serving.api.description import OPERATIONS, description
from serving.api.questions import NeedItem, SegmentItem
from serving.middleware.errors import BY_STATUS
from tests.plans import covers
from tests.serving.served import MARKS, serving
from tests.serving.serving_parts import SETTINGS, service_of

pytestmark = MARKS
DOCUMENT = description()
FILE = PROJECT_ROOT / "docs" / "openapi.json"


def test_the_document_that_is_checked_in_is_the_codes_own():
    written = json.dumps(DOCUMENT, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    assert FILE.read_text(encoding="utf-8") == written, "python -m serving.api.description > docs/openapi.json"


def test_every_address_of_the_service_is_described_and_no_other():
    with serving() as served:
        service = service_of(served.house)
        said = served.http.get("/docs.json").json()
    assert {method.route for method in service.apis.values()} == {one.path for one in OPERATIONS} == set(said["paths"])
    assert {method.name for method in service.apis.values()} == {one.name for one in OPERATIONS}
    forms = {method.route: set(method.input_spec.model_fields) for method in service.apis.values()}
    assert forms == {one.path: set(one.question.model_fields) for one in OPERATIONS}


@covers("000-82", "002-A8", "002-D2")
def test_every_question_asks_for_decision_point_and_purpose():
    for one in OPERATIONS:
        body = DOCUMENT["paths"][one.path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert {"decision_point", "purpose"} <= set(body["required"]), one.path
        assert body["additionalProperties"] is False, one.path


def test_the_running_service_lists_what_its_config_allows():
    said = description(SETTINGS)["paths"]["/v1/forecast"]["post"]["requestBody"]["content"]["application/json"]
    points = said["schema"]["properties"]["decision_point"]["enum"]
    assert points == ["service_planning"]


@pytest.mark.parametrize("form", [SegmentItem, NeedItem])
def test_the_items_of_batches_are_described(form):
    assert set(DOCUMENT["components"]["schemas"][form.__name__]["properties"]) == set(form.model_fields)


def test_every_status_that_the_service_refuses_with_is_described():
    listed = DOCUMENT["components"]["responses"]
    assert {str(status) for status in BY_STATUS} | {"500"} == set(listed)
    for one in OPERATIONS:
        answers = DOCUMENT["paths"][one.path]["post"]["responses"]
        assert set(answers) == {"200", *listed} - (set() if one.kind == "decision" else {"409"})


def test_the_description_names_no_decision_point_of_one_county():
    assert "client_guidance" not in json.dumps(DOCUMENT)
