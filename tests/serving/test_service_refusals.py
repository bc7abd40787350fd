"""What the service refuses from outside, and what it says then: tokens, roles, fields, bodies, hosts, addresses."""

import logging
from datetime import timedelta

import pytest

from tests.serving import service_opened
from tests.serving.fake_engine import FORMER, HENKILOTUNNUS, MINE, OTHER_TASK, OTHERS, STRANGER
from tests.serving.live_models import SERIES
from tests.serving.served import MARKS, about, error
from tests.serving.service_opened import sign_in
from tests.serving.serving_parts import CLIENT_QUESTION, FORECAST_QUESTION, NOW, bearer, token

served = service_opened.served
serve = service_opened.serve

pytestmark = MARKS


def test_W14_A18_unknown_anothers_former_and_other_tasks_client_get_the_identical_404(served):
    texts = set()
    for client in (STRANGER, OTHERS, FORMER, OTHER_TASK):
        response = served.ask("/v1/segment", about(client))
        assert response.status_code == 404
        texts.add(response.text.replace(error(response)["request_id"], "REQUEST"))
    for text in ("010516B903X", "not a henkilötunnus"):
        response = served.ask("/v1/segment", {**CLIENT_QUESTION, "henkilotunnus": text})
        texts.add(response.text.replace(error(response)["request_id"], "REQUEST"))
    assert len(texts) == 1
    assert served.engine.asked == []
    assert {entry["outcome"] for entry in served.log()} == {"denied"}
    assert [entry["ground"] for entry in served.log(event="answer")] == [
        "no_care_relationship",
        "no_care_relationship",
        "no_care_relationship",
        "no_such_client",
    ]


@pytest.mark.parametrize(
    "user,         path,           question,                                                 status",
    [
        ("planner", "/v1/segment", about(), 403),
        ("auditor", "/v1/segment", about(), 403),
        ("auditor", "/v1/need", about(task="heavier_home_care_6m"), 403),
        ("coordinator", "/v1/forecast", {**FORECAST_QUESTION, "series_id": SERIES}, 403),
        ("planner", "/v1/forecast", {**FORECAST_QUESTION, "series_id": "nothing"}, 404),
        ("planner", "/v1/forecast", {**FORECAST_QUESTION, "series_id": SERIES, "period": "year"}, 400),
    ],
)
def test_A17_A32_the_wrong_role_is_refused_and_logged(served, user, path, question, status):
    response = served.ask(path, question, user=user)
    assert response.status_code == status
    assert served.engine.asked == []
    if status == 403:
        assert served.log()[0]["ground"] == "role_without_right"


@pytest.mark.parametrize(
    "item,                   authorization",
    [
        ("A1 none", None),
        ("A2 empty", ""),
        ("A2 garbage", "Bearer garbage"),
        ("A2 other scheme", "Basic Y29vcmRpbmF0b3I6"),
        ("A14 tampered", "Bearer TAMPERED"),
        ("A16 1 MB", "Bearer " + "a" * 1_000_000),
    ],
)
def test_A1_A2_A14_A16_without_a_good_token_401(served, item, authorization):
    if authorization == "Bearer TAMPERED":
        payload, signature = token().split(".")
        authorization = f"Bearer {payload[:-2]}AA.{signature}"
    headers = {} if authorization is None else {"authorization": authorization}
    response = served.http.post("/v1/segment", json=about(), headers=headers)
    assert (response.status_code, error(response)["code"]) == (401, "unauthenticated"), item
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("given", [{"now": NOW - timedelta(hours=2)}, {"now": NOW + timedelta(hours=2)}])
def test_A6_A7_an_expired_or_future_token_is_no_token(served, given):
    response = served.http.post("/v1/segment", json=about(), headers=bearer(**given))
    assert response.status_code == 401


def test_A21_a_user_removed_from_the_settings_is_nobody(serve):
    served = serve(development_users={})
    assert served.ask("/v1/segment", about()).status_code == 401


def test_A24_production_has_no_development_users(serve):
    served = serve(environment="production")
    assert served.ask("/v1/segment", about()).status_code == 401
    assert served.http.get("/sign-in").status_code == 200
    assert "Kaisa" not in served.http.get("/sign-in").text


@pytest.mark.parametrize(
    "change,                                   code,            field",
    [
        ({"client_id": 5}, "invalid_field", "client_id"),
        ({"client_id": "zz"}, "invalid_field", "client_id"),
        ({"clientid": MINE}, "unknown_field", "clientid"),
        ({"purpose": None}, "invalid_field", "purpose"),
        ({"purpose": "curiosity"}, "invalid_field", "purpose"),
        ({"decision_point": "service_planning"}, "invalid_field", "decision_point"),
        ({"henkilotunnus": HENKILOTUNNUS}, "invalid_field", None),  # both names of one client
        ({"010594Y9032": 1}, "unknown_field", None),  # a key that could be data is not repeated
    ],
)
def test_W2_W3_a_wrong_field_is_named_and_its_value_is_not_repeated(served, change, code, field):
    response = served.ask("/v1/segment", about(**change))
    assert (response.status_code, error(response)["code"], error(response)["field"]) == (400, code, field)
    assert not any(value in response.text for value in ("zz", "curiosity", HENKILOTUNNUS))
    assert set(error(response)) == {"code", "message", "field", "request_id"}


def test_a_missing_field_is_named(served):
    response = served.ask("/v1/segment", {"client_id": MINE, "purpose": "care_planning"})
    assert (error(response)["code"], error(response)["field"]) == ("missing_field", "decision_point")


def test_an_unknown_task_lists_those_there_are(served):
    response = served.ask("/v1/need", about(task="fly"))
    assert (response.status_code, error(response)["field"]) == (400, "task")
    assert "heavier_home_care_6m" in error(response)["message"]


@pytest.mark.parametrize(
    "item,                 body",
    [
        ("W1 broken", b'{"client_id": '),
        ("W4 NaN", b'{"client_id": NaN}'),
        ("W4 1e400", b'{"client_id": 1e400}'),
        ("W5 not UTF-8", b'{"client_id": "\xff"}'),
        ("W5 lone surrogate", b'{"client_id": "\\ud800"}'),
        ("W6 deep", b"[" * 20000),
        ("W9 duplicate key", b'{"client_id": "a", "client_id": "b"}'),
        ("W10 empty", b""),
        ("W10 array", b"[]"),
        ("W10 text", b'"x"'),
    ],
)
def test_W1_W4_W5_W6_W9_W10_bad_json_is_400(served, item, body):
    headers = {**bearer(), "content-type": "application/json"}
    response = served.http.post("/v1/segment", content=body, headers=headers)
    assert (response.status_code, error(response)["code"]) == (400, "bad_json"), item


@pytest.mark.parametrize(
    "media",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/vnd.bentoml+pickle",
        "application/json; charset=utf-16",
        "",
    ],
)
def test_W12_W13_only_json_is_taken(served, media):
    headers = {**bearer(), "content-type": media}
    response = served.http.post("/v1/segment", content=b"{}", headers=headers)
    assert (response.status_code, error(response)["code"]) == (415, "unsupported_media_type")


def test_W11_another_method_is_405(served):
    response = served.http.get("/v1/segment", headers=bearer())
    assert (response.status_code, error(response)["code"]) == (405, "method_not_allowed")
    assert response.headers["allow"] == "POST"


def test_an_unknown_api_address_is_404_in_the_same_shape(served):
    response = served.ask("/v1/nothing", {})
    assert (response.status_code, error(response)["code"]) == (404, "not_found")


def test_A31_descriptions_need_a_right_outside_development(serve):
    assert serve().http.get("/docs.json").status_code == 200
    production = serve(environment="production")
    for path in ("/docs.json", "/schema.json", "/metrics"):
        assert production.http.get(path).status_code == 401


def test_W1_P7_rejected_input_is_in_no_log_line(served, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        served.ask("/v1/segment", about(client_id="CANARY-010594Y9032"))
        served.ask("/v1/segment", {**CLIENT_QUESTION, "henkilotunnus": "CANARY"})
    streams = capfd.readouterr()
    assert "CANARY" not in caplog.text + streams.out + streams.err
    assert "CANARY" not in str(served.log())


def test_A26_the_session_cookie(served):
    cookie = sign_in(served).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie or "SameSite=Strict" in cookie
    assert [entry["event"] for entry in served.log()] == ["sign_in"]


def test_a_bearer_token_opens_no_page(served):
    assert served.http.get("/clients", headers=bearer()).status_code == 403


def test_W18_A24_proxied_and_foreign_hosts_are_refused_in_development(served):
    assert served.http.get("/sign-in", headers={"host": "evil.example"}).status_code == 400
    for header in ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"):
        response = served.http.post("/sign-in", data={"user": "coordinator"}, headers={header: "10.0.0.1"})
        assert response.status_code == 403
        assert "set-cookie" not in response.headers


def test_W23_an_identifier_in_an_address_is_refused(served):
    for path in (f"/clients/{HENKILOTUNNUS}", f"/clients?q={HENKILOTUNNUS}", "/clients/010594%2D9032?x=1"):
        status = served.http.get(path).status_code
        assert status in (400, 303), path
    assert served.http.get(f"/clients/{HENKILOTUNNUS}").status_code == 400


@pytest.mark.parametrize(
    "answer,                                                       field",
    [
        ({"axis": "mood", "level": "low"}, "answers.axis"),
        ({"axis": "resources", "level": "superb"}, "answers.level"),
        ({"axis": "resources"}, "answers.0.level"),
        ({"axis": "resources", "level": "low", "respondent": "doctor"}, "answers.0.respondent"),
        ({"axis": "resources", "level": "low", "why": "x"}, "answers.0.why"),
    ],
)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_an_unknown_axis_or_level_is_one_sentence_in_the_callers_language(served, answer, field, language):
    headers = {**bearer(), "accept-language": language}
    response = served.http.post("/v1/segment", json=about(answers=[answer]), headers=headers)
    assert response.status_code == 400
    assert error(response)["field"] in (field, None)
    assert error(response)["message"][:2] in {"fi": ("Ke", "Py"), "sv": ("Fä", "Vä", "Be"), "en": ("Th",)}[language]
    assert not any(value in response.text for value in ("mood", "superb", "doctor"))
    assert served.engine.asked == []
