"""The service's refusals in the caller's language: Finnish unless the caller asks for Swedish or English."""

import ast
import string
import warnings
from pathlib import Path
from typing import get_args

import pytest

from configs.loader import load_config
from serving.middleware.errors import BY_STATUS, FIELD_FAULTS, INTERNAL
from serving.pages.services import NotYours, Unavailable
from serving.refusals import CATALOGUE, Refusals, preferred_language, refusal
from serving.users.oidc.claims import WhyNot
from serving.users.oidc.flow import WhyFailed
from tests.serving.fake_engine import FakeEngine
from tests.serving.serving_parts import CLIENT_QUESTION, FORECAST_QUESTION, bearer, browser, house, service_of

pytestmark = pytest.mark.filterwarnings(
    "ignore:Using `httpx` with `starlette.testclient`",  # Starlette 1.x wants httpx2, BentoML brings httpx
    r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*",  # old names of their libraries
)
ROW_REASONS = (
    *("unknown_column", "missing_value", "wrong_type", "not_allowed_value"),
    *("out_of_range", "end_before_start", "future_event"),
)
SENTENCES = load_config(CATALOGUE, Refusals).sentences


@pytest.mark.parametrize(
    "accepted,                          language",
    [
        ("", "fi"),
        ("*", "fi"),
        ("de-DE,fr;q=0.9", "fi"),
        ("sv", "sv"),
        ("sv-FI,sv;q=0.9,fi;q=0.8", "sv"),
        ("EN-gb", "en"),
        ("fi;q=0.5,en;q=0.8", "en"),
        ("en ; q=0.4 , sv ; q=0.6", "sv"),
        ("sv,en", "sv"),  # equal weights: the first
        ("en;q=0,sv;q=0.1", "sv"),
        ("en;q=0", "fi"),
        ("en;q=much,sv;q=0.2", "sv"),
        ("english", "fi"),
        (";;;,,,", "fi"),
    ],
)
def test_the_language_that_is_asked_for(accepted, language):
    assert preferred_language(accepted) == language


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # a fixture of the module is made outside the tests' filters
        patch.setenv("LUOTAIN_VAR", str(tmp_path_factory.mktemp("var")))
        with browser(service_of(house(FakeEngine())).to_asgi()) as http:
            yield http


def ask(http, path, question, accepted=None, user="coordinator", **headers):
    said = {} if accepted is None else {"accept-language": accepted}
    return http.post(path, json=question, headers={**bearer(user), **said, **headers})


SEGMENT, FORECAST = "/v1/segment", "/v1/forecast"
NOBODY = {**CLIENT_QUESTION, "client_id": "f" * 32}


@pytest.mark.parametrize(
    "path,     question,                                           key,                 places",
    [
        (SEGMENT, NOBODY, "no_such_client", {}),  # from the desk
        (FORECAST, {**FORECAST_QUESTION, "series_id": "x"}, "forbidden", {}),
        (SEGMENT, {**NOBODY, "purpose": "curiosity"}, "field_not_allowed", {"field": "purpose"}),  # from the API
        (SEGMENT, {**NOBODY, "extra": 1}, "unknown_field", {"field": "extra"}),  # from BentoML and pydantic
        (SEGMENT, {**NOBODY, "010594Y9032": 1}, "unnamed_field", {}),
        (SEGMENT, {"purpose": "service_need_assessment"}, "missing_field", {"field": "decision_point"}),
        (SEGMENT, CLIENT_QUESTION, "one_client", {}),
        (SEGMENT, {**NOBODY, "client_id": 5}, "field_not_text", {"field": "client_id"}),
        (SEGMENT, {**NOBODY, "client_id": "5"}, "field_wrong_form", {"field": "client_id"}),
        (SEGMENT, {**NOBODY, "purpose": "x" * 65}, "field_too_long", {"field": "purpose", "limit": "64"}),
        (SEGMENT, {**NOBODY, "purpose": ""}, "field_empty", {"field": "purpose"}),
        (SEGMENT, [], "not_an_object", {}),  # from the middleware
        ("/v1/nothing", {}, "not_found", {}),
    ],
)
@pytest.mark.parametrize("accepted, language", [(None, "fi"), ("sv-FI", "sv"), ("en", "en")])
def test_an_error_is_said_in_the_callers_language(served, path, question, key, places, accepted, language):
    response = ask(served, path, question, accepted)
    said = response.json()["error"]
    assert set(said) == {"code", "message", "field", "request_id"}
    allowed = "service_need_assessment, care_planning, quality_control, log_inspection, resource_planning"
    assert said["message"] == refusal(key, **{"allowed": allowed, **places})[language]
    assert said["field"] == places.get("field")
    assert response.headers["content-language"] == language
    assert "010594Y9032" not in response.text


def test_nobody_signed_in_is_said_in_swedish(served):
    response = ask(served, SEGMENT, NOBODY, "sv", authorization="Bearer wrong")
    assert (response.status_code, response.json()["error"]["message"]) == (401, refusal("unauthenticated")["sv"])


def test_an_exception_says_its_english_sentence_and_carries_the_others():
    error = Unavailable(refusal("no_live_model", name="need_x"))
    assert all("need_x" in words for words in error.text.values())
    assert str(error) == error.text["en"]
    assert NotYours("Plain.").text == {"fi": "Plain.", "sv": "Plain.", "en": "Plain."}


def test_every_sentence_ends_as_one_and_has_the_same_places_in_every_language():
    for key, words in SENTENCES.items():
        places = {code: _places(text) for code, text in words.as_text().items()}
        assert len(set(places.values())) == 1, key
        assert len(set(words.as_text().values())) == 3, key
        assert all(text.endswith(".") for text in words.as_text().values()), key


def test_every_key_that_the_service_uses_has_a_sentence_and_every_sentence_is_used():
    used = {*BY_STATUS.values(), INTERNAL, *FIELD_FAULTS.values(), "invalid_field"}
    used |= {f"log_not_{act}" for act in ("opened", "written", "read")}
    used |= {f"row_{reason}" for reason in ROW_REASONS}
    used |= {*get_args(WhyNot), *get_args(WhyFailed)}
    for file in Path("serving").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "refusal":
                used |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
    assert used == set(SENTENCES)


def _places(text):
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)
