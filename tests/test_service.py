"""The BentoML service from outside: API, errors, health, pages behind the same door, and what the log then holds."""

import logging
from datetime import timedelta

import pytest

from serving.records.chained import verify_table
from serving.records.logs import Wanted
from serving.records.schema import AUDIT_LOG
from tests.fake_engine import FORMER, HENKILOTUNNUS, MINE, OTHER_TASK, OTHERS, STRANGER, FakeEngine
from tests.live_models import SERIES
from tests.serving_parts import CLIENT_QUESTION, FORECAST_QUESTION, NOW, bearer, browser, house, service_of, token

pytestmark = pytest.mark.filterwarnings(
    "ignore:Using `httpx` with `starlette.testclient`",  # Starlette 1.x wants httpx2, BentoML brings httpx
    r"ignore::DeprecationWarning:(_bentoml|bentoml|opentelemetry|simple_di).*",  # old names of their libraries
)


class Served:
    """The running app with its fake engine and its log."""

    def __init__(self, client, engine, house):
        self.http, self.engine, self.house = client, engine, house

    def ask(self, path, question, user="coordinator", **more):
        return self.http.post(path, json=question, headers=bearer(user), **more)

    def log(self, **equal):
        return self.house.desk.records.page(AUDIT_LOG, Wanted(equal), 1, 100).entries


@pytest.fixture
def serve(tmp_path, monkeypatch):
    monkeypatch.setenv("LUOTAIN_VAR", str(tmp_path))
    opened = []

    def open_service(**changes):
        engine = FakeEngine()
        built = house(engine, **changes)
        client = browser(service_of(built).to_asgi())
        client.__enter__()
        opened.append(client)
        return Served(client, engine, built)

    yield open_service
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture
def served(serve):
    return serve()


def about(client=MINE, **more):
    return {**CLIENT_QUESTION, "client_id": client, **more}


def error(response):
    return response.json()["error"]


def test_a_segment_is_answered_with_model_date_and_id(served):
    response = served.ask("/v1/segment", about())
    said = response.json()
    assert response.status_code == 200
    assert (said["status"], said["stamp"]["version"], said["stamp"]["data_until"]) == ("answered", "3", "2024-12-31")
    assert len(said["answer_id"]) == 32
    for axis in said["axes"]:
        assert axis["base"] + sum(one["contribution"] for one in axis["contributions"]) == axis["log_odds"]


def test_the_audit_entry_is_there_before_the_answer(served):
    said = served.ask("/v1/segment", about()).json()
    (entry,) = served.log(event="answer")
    assert (entry["answer_id"], entry["client_id"], entry["outcome"]) == (said["answer_id"], MINE, "ok")
    assert (entry["ground"], entry["purpose"]) == ("care_relationship", "service_need_assessment")
    (answer,) = entry["detail"]["answers"]
    assert (answer["proposed"], answer["bundle_sha256"], answer["run_id"]) == ("network", "ab" * 32, "run-1")
    assert entry["detail"]["snapshot_sha256"] == "cd" * 32


def test_L8_F9_no_log_no_answer(served, monkeypatch, tmp_path):
    served.ask("/v1/segment", about())
    with served.house.desk.records.engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT,'full'); END"
        )
        connection.commit()
    response = served.ask("/v1/segment", about())
    assert response.status_code == 503
    assert error(response)["code"] == "unavailable"
    assert "segments" not in response.text


CLOSING = {
    "id": "closing",
    **{name: {"fi": "Sulku", "sv": "Stängning", "en": "Closing"} for name in ("name", "description")},
    "base_year": 2023,
    "supply": [{"kind": "closing", "unit": {"area": ["902"]}, "other": {"area": ["901"]}, "starts": "2025-01-01"}],
}


def test_a_scenario_stands_beside_the_forecast(served):
    question = {**FORECAST_QUESTION, "series_id": SERIES, "scenario": CLOSING}
    said = served.ask("/v1/scenario", question, user="planner").json()
    base, closing = said["base"], said["lines"][0]
    assert closing["total"] == pytest.approx((1 + 2) * base["total"], rel=1e-3)  # 902 is twice as large as 901
    assert closing["total_low80"] < closing["total_difference"] < closing["total_high80"]
    assert served.log(event="scenario")[0]["detail"]["answers"][0]["scenarios"] == ["closing"]


@pytest.mark.parametrize(
    "scenario, says",
    [
        ({**CLOSING, "suply": []}, "supply"),  # an unknown key is named with the nearest one
        ({**CLOSING, "supply": [{**CLOSING["supply"][0], "unit": {"area": ["909"]}}]}, "North fi (901)"),
        ({}, "Kenttä id puuttuu."),
    ],
)
def test_a_scenario_that_cannot_be_used_is_a_400(served, scenario, says):
    answer = served.ask("/v1/scenario", {**FORECAST_QUESTION, "series_id": SERIES, "scenario": scenario}, "planner")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_field")
    assert says in answer.json()["error"]["message"]


def test_a_service_chain_and_who_may_see_it(served):
    said = served.ask("/v1/flow", {**FORECAST_QUESTION, "chain": "home_care"}, user="planner").json()
    assert said["report"]["ranking"]["stages"][0]["stage"] == "assessment"
    assert served.ask("/v1/flow", {**FORECAST_QUESTION, "chain": "other"}, user="planner").status_code == 404
    assert served.ask("/v1/flow", {**FORECAST_QUESTION, "chain": "home_care"}).status_code == 403
    assert [entry["outcome"] for entry in served.log(event="flow")] == ["denied", "error", "ok"]


def test_need_and_forecast(served):
    need = served.ask("/v1/need", about(task="heavier_home_care_6m"))
    assert need.json()["task"] == "heavier_home_care_6m"
    forecast = served.ask("/v1/forecast", {**FORECAST_QUESTION, "series_id": SERIES}, user="planner")
    said = forecast.json()
    assert said["points"][0]["low80"] == pytest.approx(0.9 * said["points"][0]["value"])
    assert said["series_status"]["status"] == "forecast"
    assert "overrides" not in said
    assert [entry["event"] for entry in served.log()] == ["forecast", "answer"]
    (said,) = served.log()[0]["detail"]["answers"]
    assert (said["series_id"], said["data_until"], said["as_of"]) == (SERIES, "2024-12-31", "2025-01-01")


def test_a_client_may_be_named_by_henkilotunnus_which_is_not_logged(served):
    response = served.ask("/v1/segment", {**CLIENT_QUESTION, "henkilotunnus": HENKILOTUNNUS})
    assert response.status_code == 200
    assert [entry["event"] for entry in served.log()] == ["answer", "client_search"]
    assert HENKILOTUNNUS not in str(served.log())


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


def test_F1_without_a_model_the_service_is_up_and_not_ready(served):
    served.engine.model_is_missing = True
    assert served.http.get("/livez").status_code == 200
    ready = served.http.get("/readyz")
    assert (ready.status_code, error(ready)["code"]) == (503, "unavailable")
    response = served.ask("/v1/segment", about())
    assert (response.status_code, error(response)["message"]) == (503, "Malli ei saatavilla.")
    assert served.log()[0]["outcome"] == "error"


def test_F7_without_registers_503(served):
    served.engine.registers_are_missing = True
    assert served.ask("/v1/segment", about()).status_code == 503


def test_ready_when_everything_is_there(served):
    assert served.http.get("/readyz").status_code == 200


def test_no_address_leads_to_bentomls_own_pages(served):
    for path in ("/static_content/swagger-ui.css", "/schema.json", "/metrics"):
        response = served.http.get(path)
        assert response.status_code in (200, 404)
        assert "googletagmanager" not in response.text
    assert "googletagmanager" not in served.http.get("/", follow_redirects=True).text


def test_A31_descriptions_need_a_right_outside_development(serve):
    assert serve().http.get("/docs.json").status_code == 200
    production = serve(environment="production")
    for path in ("/docs.json", "/schema.json", "/metrics"):
        assert production.http.get(path).status_code == 401


def test_the_description_names_the_four_addresses(served):
    paths = served.http.get("/docs.json").json()["paths"]
    assert {"/v1/segment", "/v1/need", "/v1/counterfactual", "/v1/forecast", "/v1/scenario", "/v1/flow"} <= set(paths)


def test_headers_of_every_answer(served):
    for response in (served.http.get("/sign-in"), served.ask("/v1/segment", about()), served.http.get("/livez")):
        assert "server" not in response.headers
        assert not any(name.startswith("x-bentoml") for name in response.headers)
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert len(response.headers["x-request-id"]) == 32


def test_W1_P7_rejected_input_is_in_no_log_line(served, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        served.ask("/v1/segment", about(client_id="CANARY-010594Y9032"))
        served.ask("/v1/segment", {**CLIENT_QUESTION, "henkilotunnus": "CANARY"})
    streams = capfd.readouterr()
    assert "CANARY" not in caplog.text + streams.out + streams.err
    assert "CANARY" not in str(served.log())


def sign_in(served, user="coordinator"):
    response = served.http.post("/sign-in", data={"user": user}, headers={"sec-fetch-site": "same-origin"})
    assert response.status_code in (302, 303), response.text
    return response


def test_A26_the_session_cookie(served):
    cookie = sign_in(served).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie or "SameSite=Strict" in cookie
    assert [entry["event"] for entry in served.log()] == ["sign_in"]


def test_the_pages_walk_from_list_to_decision(served):
    sign_in(served)
    listed = served.http.get("/clients")
    assert listed.status_code == 200
    assert MINE not in listed.text
    (shown,) = served.log(event="client_list")
    assert len(shown["detail"]["clients"]) == 2  # only the unit's own, present, older clients
    assert verify_table(served.house.desk.records.engine, AUDIT_LOG).first_bad is None


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


def test_levels_given_by_hand_are_used_and_only_their_ids_are_logged(served):
    given = [{"axis": "resources", "level": "high"}, {"axis": "complexity", "level": "low", "respondent": "relative"}]
    response = served.ask("/v1/segment", about(answers=given))
    assert (response.status_code, response.json()["basis"]) == (200, "both")
    people = [(one.axis, one.level, one.respondent, one.given) for one in served.engine.by_hand]
    assert people == [("resources", "high", "client", "by_hand"), ("complexity", "low", "relative", "by_hand")]
    (said,) = served.log(event="answer")[0]["detail"]["answers"]
    assert said["people"] == [
        {"axis": "resources", "level": "high", "respondent": "client", "given": "by_hand"},
        {"axis": "complexity", "level": "low", "respondent": "relative", "given": "by_hand"},
    ]
    assert (said["credible"], said["basis"]) == (["network", "community"], "both")


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


def test_what_would_change_an_estimate_is_logged_before_it_is_told(served):
    response = served.ask("/v1/counterfactual", about(output="complexity"))
    said = response.json()
    assert (response.status_code, said["found"]["reached"], said["found"]["target"]) == (200, True, 0.5)
    assert said["stamp"]["version"] == "3"
    (entry,) = served.log(event="counterfactual")
    assert (entry["answer_id"], entry["client_id"], entry["ground"]) == (said["answer_id"], MINE, "care_relationship")
    (logged,) = entry["detail"]["answers"]
    assert (logged["id"], logged["changed"], logged["model"]) == (
        "complexity",
        ["informal_care"],
        "segmentation_suuntima_like",
    )
    assert "3.0" not in str(logged)
    assert "now" not in str(logged)


@pytest.mark.parametrize(
    "client,  output,         status, code",
    [
        (MINE, "mood", 400, "invalid_field"),
        (MINE, "resources", 404, "not_found"),  # this client has no such estimate
        (OTHERS, "complexity", 404, "not_found"),
        (STRANGER, "complexity", 404, "not_found"),
    ],
)
def test_what_would_change_is_told_of_ones_own_clients_estimates_only(served, client, output, status, code):
    response = served.ask("/v1/counterfactual", about(client, output=output))
    assert (response.status_code, error(response)["code"]) == (status, code)
    if client != MINE:
        assert served.engine.asked == []


def test_no_log_no_counterfactual(served):
    served.ask("/v1/counterfactual", about(output="complexity"))
    with served.house.desk.records.engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT,'full'); END"
        )
        connection.commit()
    response = served.ask("/v1/counterfactual", about(output="complexity"))
    assert response.status_code == 503
    assert "changes" not in response.text


def test_a_counterfactual_needs_a_registered_decision_point(served):
    response = served.ask("/v1/counterfactual", {**about(output="complexity"), "decision_point": "service_planning"})
    assert (response.status_code, error(response)["field"]) == (400, "decision_point")
